// What is kept of things that concern somebody's safety: who came in, who did not, what was ended and by whom, what an operator did.

/** What happened, in one word. */
export const auditKinds = [
  "sign_up",
  "sign_in",
  "sign_in_failed",
  "sign_out",
  "session_ended",
  "sessions_ended",
  "token_revoked",
  "refresh_reuse",
  "refresh_repeated_elsewhere",
  "password_changed",
  "password_change_failed",
  "password_set",
  "provider_linked",
  "provider_unlinked",
  "code_reused",
  "user_created",
  "user_disabled",
  "user_enabled",
  "scopes_changed",
  "key_rotated",
  "key_revoked",
  "database_restored",
  "client_refused",
] as const;

export type AuditKind = (typeof auditKinds)[number];

/**
 * Holds ids, an address, the name that a device gives itself, and words of ours: never a token, a password, or what somebody typed,
 * not even a name, as people type passwords into the wrong field.
 */
export interface AuditEvent {
  kind: AuditKind;
  /** Whom it is about, where that is known. */
  userId?: string;
  sessionId?: string;
  address?: string | null;
  device?: string | null;
  /** Words, numbers and ids that say more. */
  detail?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/** Where events go. */
export interface AuditLog {
  /** Takes the event and returns at once; never throws. */
  record(event: AuditEvent): void;
}

/** For who keeps no audit log. */
export const noAuditLog: AuditLog = { record: () => {} };
