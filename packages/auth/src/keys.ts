// @signet/auth/keys: the issuer's key ring, its secrets, and what it needs from storage.

export { createKeyRing, type KeyDescription, type KeyRing, type KeyRingOptions } from "./key-ring.ts";
export { checkSecret, type Derivation, deriveBytes, secretId } from "./secrets.ts";
export type {
  AsymmetricAlgorithm,
  NewSigningKey,
  RevokedKeys,
  SigningKeyRecord,
  SigningKeyStore,
  WhichKeys,
} from "./signing-key-store.ts";
export type { SigningKey } from "./signing-keys.ts";
