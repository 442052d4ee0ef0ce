// Sign in, keep the token, know who is there. Runs in browsers and in Node.

export { captureTokenFromAddress } from "./address-token.ts";
export type { Credentials, Ended, RefreshTokenPlace, SessionInfo } from "./auth-api.ts";
export { type AuthClient, createAuthClient } from "./auth-client.ts";
export { AuthClientError, type AuthClientErrorDetails, type AuthClientErrorReason } from "./auth-client-error.ts";
export type { AuthClientOptions } from "./auth-client-options.ts";
export type {
  AuthState,
  AuthUser,
  PendingSignUp,
  SignedOutReason,
  SignInQuestion,
  UnreachableProblem,
} from "./auth-state.ts";
export { type ClientClock, systemClientClock } from "./client-clock.ts";
export {
  type ClientStorage,
  createLocalStorage,
  createMemoryStorage,
  type StorageKey,
  type WebStorage,
} from "./client-storage.ts";
export type { Locks } from "./page-locks.ts";
export type { ProviderWay } from "./provider-actions.ts";
export { returnPathFrom } from "./return-path.ts";
export { decodeUnverified, type UnverifiedClaims } from "./token-shape.ts";
