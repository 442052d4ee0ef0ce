// @signet/auth/revocation: what has been ended before its time, for every process that verifies.

export { createRevocations, type Revocations, type RevocationsOptions } from "./revocation-follower.ts";
export { createRevocationList, type RevocationList, type RevocationListOptions } from "./revocation-list.ts";
export type { RevocationEntry, RevocationPage, RevocationSource } from "./revocation-source.ts";
export type { Schedule } from "./within-time.ts";
