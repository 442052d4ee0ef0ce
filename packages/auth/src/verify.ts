// @signet/auth/verify: everything that checking a token needs, and nothing that could make one.

export { createVerificationKeys, importJwkSet } from "./jwks.ts";
export type { SigningAlgorithm, VerificationKey, VerificationKeys } from "./verification-keys.ts";
export {
  type AccessTokenVerifier,
  type AccessTokenVerifierOptions,
  createAccessTokenVerifier,
  type RevocationCheck,
} from "./verify-access-token.ts";
