// The check of revocations where it may have to wait: until the list was asked for once, and where no timer keeps it up to date
// between requests.

import type { Revocations } from "./revocation-follower.ts";
import type { RevocationCheck } from "./verify-access-token.ts";

export interface UnhurriedCheckOptions {
  revocations: Revocations;
  monotonicMs: () => number;
  /** Told of a look that goes on when the request that began it is over. */
  waitUntil: (work: Promise<unknown>) => void;
}

export interface UnhurriedCheck extends RevocationCheck {
  /** Lets timers keep the list up to date. */
  follow(): void;
}

const lookEveryMs = 1_000;

export function createUnhurriedCheck({ revocations, monotonicMs, waitUntil }: UnhurriedCheckOptions): UnhurriedCheck {
  let isFollowed = false;
  let firstLook: Promise<void> | undefined;
  let isFirstOver = false;
  let looking: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let hasFailed = false;

  /** Whether it succeeds or not: after it the policy for a list that is not there decides. */
  async function noticeFirst(look: Promise<void>): Promise<void> {
    await look;
    isFirstOver = true;
    hasFailed = revocations.stale;
  }

  async function lookAgain(): Promise<void> {
    await revocations.poll();
    looking = undefined;
    hasFailed = revocations.stale;
  }

  function lookIfDue(): Promise<void> | undefined {
    if (looking === undefined && monotonicMs() - lookedAt >= lookEveryMs) {
      lookedAt = monotonicMs();
      looking = lookAgain();
      waitUntil(looking);
    }
    return looking;
  }

  /** What has to be waited for before anything can be said, or undefined. */
  function needed(): Promise<void> | undefined {
    if (!isFirstOver) return (firstLook ??= noticeFirst(revocations.poll()));
    if (isFollowed) return undefined;
    const wasStale = revocations.stale;
    const look = lookIfDue();
    // Nobody has looked for a long while, so this request waits. Where the issuer does not answer, the next ones do not.
    return wasStale && !hasFailed ? look : undefined;
  }

  return {
    check(claims, kid) {
      const look = needed();
      if (look === undefined) return revocations.check(claims, kid);
      return look.then(() => revocations.check(claims, kid));
    },
    follow() {
      isFollowed = true;
      const begun = revocations.start();
      firstLook ??= noticeFirst(begun);
    },
  };
}
