// @signet/auth/remote: a verifier for another service, which has the issuer's address and nothing else.

export type { ClientCredentials } from "./remote-revocations.ts";
export {
  createRemoteVerifier,
  type RemotePart,
  type RemoteVerifier,
  type RemoteVerifierOptions,
  type RemoteVerifierStatus,
} from "./remote-verifier.ts";
