// A hand-over code that cannot be used. Where that is because it was used before, two hold it, and one of them is a thief.

import { AuthError } from "@signet/auth/errors";
import type { AuditLog } from "./audit-events.ts";
import type { ProviderAccountStore } from "./provider-stores.ts";

export interface RefusedCodesOptions {
  store: Pick<ProviderAccountStore, "endReplayedCode">;
  audit: AuditLog;
  /** Called when a replay has ended a session. */
  onSessionsEnded(): void;
}

/** Says no, and ends what was begun with a code that was used before (RFC 6749 §4.1.2 does so with its codes). */
export type RefuseCode = (codeHash: string, userId?: string) => Promise<AuthError>;

export function createRefuseCode({ store, audit, onSessionsEnded }: RefusedCodesOptions): RefuseCode {
  return async (codeHash, userId) => {
    const replay = await store.endReplayedCode(codeHash);
    if (replay === undefined) return codeInvalid();
    const { sessionId, ended } = replay;
    if (ended > 0) onSessionsEnded();
    audit.record({
      kind: "code_reused",
      ...(userId === undefined ? {} : { userId }),
      ...(sessionId === null ? {} : { sessionId }),
      detail: { ended },
    });
    return codeInvalid();
  };
}

export function codeInvalid(): AuthError {
  return new AuthError("code_invalid", "This sign-in cannot be completed any more. Please begin again.");
}
