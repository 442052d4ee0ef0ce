// Tokens as Signet makes them, and those that nobody may accept.

import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export const algorithms = ["ES256", "RS256", "Ed25519", "HS256"] as const;
export type Algorithm = (typeof algorithms)[number];

/** A private key, or a shared secret. */
export type SigningKey = KeyObject | string;
type Members = Record<string, unknown>;

const curve = { namedCurve: "P-256" };

export function newKey(algorithm: Algorithm): SigningKey {
  return algorithm === "HS256" ? randomBytes(48).toString("base64url") : newPrivateKey(algorithm);
}

export function newPrivateKey(algorithm: Exclude<Algorithm, "HS256">): KeyObject {
  if (algorithm === "RS256") return generateKeyPairSync("rsa", { modulusLength: 3072 }).privateKey;
  return algorithm === "ES256"
    ? generateKeyPairSync("ec", curve).privateKey
    : generateKeyPairSync("ed25519").privateKey;
}

export function signed(header: Members, claims: Members, key: SigningKey): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signature(String(header["alg"]), Buffer.from(input), key).toString("base64url")}`;
}

/** A token that is signed as it should be, with header and claims of the genuine one but for what is changed. */
export function remade(genuine: string, key: SigningKey, changes: { header?: Members; claims?: Members } = {}): string {
  const { header, claims } = partsOf(genuine);
  return signed({ ...header, ...changes.header }, { ...claims, ...changes.claims }, key);
}

/** Forgeries that need no key of the issuer's: by what is wrong with them. */
export function forgeries(genuine: string, publicKey: Members | undefined): Record<string, string> {
  const { header, claims } = partsOf(genuine);
  const [headerText = "", claimsText = "", signatureText = ""] = genuine.split(".");
  const algorithm = header["alg"] as Algorithm;
  const other = algorithm === "ES256" ? "RS256" : "ES256";
  return {
    "one character of its payload changed": `${headerText}.${encode({ ...claims, sub: nextTo(String(claims["sub"])) })}.${signatureText}`,
    "one character of its signature changed": `${headerText}.${claimsText}.${nextTo(signatureText)}`,
    "its signature taken away": `${headerText}.${claimsText}.`,
    "its signature cut short": genuine.slice(0, -4),
    "alg none": `${encode({ ...header, alg: "none" })}.${claimsText}.`,
    "a stranger's signature": remade(genuine, newKey(algorithm)),
    "a stranger's key id and signature": remade(genuine, newKey(algorithm), { header: { kid: "stranger" } }),
    "a stranger's algorithm": remade(genuine, newKey(other), { header: { alg: other } }),
    ...(publicKey && {
      "the public key as shared secret, as PEM": remade(genuine, pem(publicKey), { header: { alg: "HS256" } }),
      "the public key as shared secret, as JWK": remade(genuine, JSON.stringify(publicKey), {
        header: { alg: "HS256" },
      }),
    }),
  };
}

/** Tokens of the issuer that are for others, or for another time: by what is wrong with them. */
export function notForUs(genuine: string, key: SigningKey): Record<string, string> {
  const { claims } = partsOf(genuine);
  const with_ = (changes: Members) => remade(genuine, key, { claims: changes });
  const hourAgo = Number(claims["iat"]) - 3600;
  return {
    "another audience": with_({ aud: "https://elsewhere.example" }),
    "no audience": with_({ aud: undefined }),
    "another issuer": with_({ iss: "https://elsewhere.example" }),
    "no issuer": with_({ iss: undefined }),
    "an expiry that is past": with_({ iat: hourAgo, exp: hourAgo + 300 }),
    "no expiry": with_({ exp: undefined }),
    "no subject": with_({ sub: undefined }),
    "another type": remade(genuine, key, { header: { typ: "JWT" } }),
  };
}

export function partsOf(token: string): { header: Members; claims: Members } {
  const [header, claims] = token
    .split(".", 2)
    .map((part): Members => JSON.parse(Buffer.from(part, "base64url").toString()));
  if (header === undefined || claims === undefined) throw new TypeError("not a token");
  return { header, claims };
}

const encode = (members: Members) => Buffer.from(JSON.stringify(members)).toString("base64url");
const pem = (jwk: Members) =>
  createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" }).toString();

/** The text with another first character. */
const nextTo = (text: string) => (text.startsWith("A") ? "B" : "A") + text.slice(1);

function signature(algorithm: string, input: Buffer, key: SigningKey): Buffer {
  if (typeof key === "string") return createHmac("sha256", key).update(input).digest();
  return sign(algorithm === "Ed25519" ? null : "sha256", input, { key, dsaEncoding: "ieee-p1363" });
}
