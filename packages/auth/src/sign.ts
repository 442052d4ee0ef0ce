// @signet/auth/sign: for the issuer alone.

export {
  type AccessTokenGrant,
  type AccessTokenSigner,
  type AccessTokenSignerOptions,
  createAccessTokenSigner,
} from "./sign-access-token.ts";
