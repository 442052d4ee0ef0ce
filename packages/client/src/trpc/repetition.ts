// When an operation may be sent again: only after a refusal that came before its resolver ran, which the server's own
// middleware says by `data.retry`; once for a call, and for a subscription whenever its token has ended.

import type { Operation } from "@trpc/client";

/** A subscription that is refused again sooner than this, and before it gave anything, is refused for good. */
const livedMs = 5_000;

/** A TRPCClientError, as far as it matters here. */
interface Refusal {
  readonly data?: unknown;
}

export interface Repetition {
  /** It is being sent. */
  begin(): void;
  /** Something arrived; `id` where the server tracks what it has sent. */
  arrived(result: { id?: unknown; data?: unknown }): void;
  /** Whether it may be sent again after this error. Counts. */
  allowed(error: Refusal): boolean;
  /** What to send: of a subscription, the part that has not arrived yet. */
  input(): unknown;
}

export function createRepetition(
  op: Pick<Operation, "type" | "input">,
  nowMs: () => number = () => performance.now(),
): Repetition {
  const isSubscription = op.type === "subscription";
  // A stream can be read once.
  const repeatable = typeof ReadableStream === "undefined" || !(op.input instanceof ReadableStream);
  let repeated = false;
  let begunAtMs = 0;
  let lastEventId: string | undefined;

  return {
    begin() {
      begunAtMs = nowMs();
    },
    arrived(result) {
      if (!isSubscription || !("data" in result)) return;
      repeated = false;
      if (typeof result.id === "string") lastEventId = result.id;
    },
    allowed(error) {
      if (!repeatable || !saysRetry(error)) return false;
      if (isSubscription && nowMs() - begunAtMs >= livedMs) repeated = false;
      if (repeated) return false;
      repeated = true;
      return true;
    },
    input() {
      if (lastEventId === undefined) return op.input;
      // As tRPC does when it connects again: only into an input that can hold it.
      if (op.input !== undefined && op.input !== null && typeof op.input !== "object") return op.input;
      return { ...op.input, lastEventId };
    },
  };
}

/** Set by the middleware of `@signet/api` alone. */
function saysRetry(error: Refusal): boolean {
  const data: unknown = error.data;
  return typeof data === "object" && data !== null && "retry" in data && data.retry === true;
}
