// OAU-04, OAU-08: ID tokens that somebody made or changed, beyond what the conformance suite tries. Each came from the token endpoint,
// with everything else about the sign-in right.

import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, sign as signBytes } from "node:crypto";
import type { IdTokenParts } from "@signet/dev-provider";
import { expect, test } from "vitest";
import { ProviderError } from "../../src/oidc/identity-provider.ts";
import {
  clientId,
  clientSecret,
  createScene,
  expectProblem,
  expectTwinSignedIn,
  signIn,
  without,
} from "./provider-scene.ts";

const scene = await createScene();
const { provider, createParty } = scene;
const nowSeconds = () => Math.floor(Date.now() / 1000);
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

type Forge = (parts: IdTokenParts) => Promise<string> | string;

async function expectRefused(idToken: Forge): Promise<void> {
  provider.tamper({ idToken });
  await expectProblem(signIn(createParty()), "refused");
  await expectTwinSignedIn(scene);
}

function unsigned(header: unknown, claims: unknown): string {
  return `${base64url(header)}.${base64url(claims)}.`;
}

function hmac(secret: string | Buffer, header: object, claims: unknown): string {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });

function signedByStranger(header: object, claims: unknown): string {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${signBytes("sha256", Buffer.from(signed), stranger.privateKey).toString("base64url")}`;
}

test.each(["none", "None", "NONE", "", null, undefined, ["none"]])(
  "OAU-04: refuses an unsigned ID token with alg %j, also when the provider announces it",
  async (alg) => {
    await expectRefused(({ claims }) => unsigned({ alg }, claims));
    provider.tamper({
      metadata: (metadata) => ({ ...metadata, id_token_signing_alg_values_supported: ["RS256", alg] }),
      idToken: ({ claims }) => unsigned({ alg }, claims),
    });
    await expectProblem(signIn(createParty()), "refused");
  },
);

test("OAU-04: refuses HS256, with the client's secret or with the published key for one, also when it is announced", async () => {
  const { keys: published } = (await (await fetch(`${provider.issuer}/jwks`)).json()) as { keys: JsonWebKey[] };
  const publicKey = createPublicKey({ key: published[0] ?? {}, format: "jwk" }).export({ format: "pem", type: "spki" });
  const forgeries: Forge[] = [
    ({ claims }) => hmac(clientSecret, { alg: "HS256" }, claims),
    ({ claims, header }) => hmac(clientSecret, { ...header, alg: "HS256" }, claims),
    ({ claims, header }) => hmac(publicKey, { ...header, alg: "HS256" }, claims),
  ];
  for (const idToken of forgeries) {
    await expectRefused(idToken);
    provider.tamper({
      metadata: (metadata) => ({ ...metadata, id_token_signing_alg_values_supported: ["RS256", "HS256"] }),
      keys: (keys) => [...keys, { kty: "oct", kid: "shared", k: Buffer.from(clientSecret).toString("base64url") }],
      idToken,
    });
    await expectProblem(signIn(createParty()), "refused");
  }
});

test("OAU-04: refuses a stranger's signature, whatever its header says of the key", async () => {
  const jwk = stranger.publicKey.export({ format: "jwk" });
  await expectRefused(({ header, claims }) => signedByStranger(header, claims));
  await expectRefused(({ claims }) => signedByStranger({ alg: "RS256" }, claims));
  await expectRefused(({ claims }) => signedByStranger({ alg: "RS256", jwk }, claims));
  await expectRefused(({ claims }) => signedByStranger({ alg: "RS256", jku: "https://other.example/jwks" }, claims));
  await expectRefused(({ claims }) => signedByStranger({ alg: "RS256", kid: "../../dev/null" }, claims));
});

test("OAU-04: refuses claims that were changed after they were signed", async () => {
  await expectRefused(({ text, claims }) => {
    const [header, , signature] = text.split(".");
    return [header, base64url({ ...claims, sub: "somebody else" }), signature].join(".");
  });
});

test("OAU-04: refuses what is no JWT, and an encrypted one", async () => {
  await expectRefused(() => "not a token");
  await expectRefused(({ text }) => `${text}.`);
  await expectRefused(({ text }) => `${text}.a.b`);
  await expectRefused(({ text }) => text.replace(/^[^.]+/, "e30"));
  await expectRefused(({ text }) => text.replace(/^[^.]+/, "!!!!"));
});

test.each<[string, (claims: Record<string, unknown>) => Record<string, unknown>]>([
  ["an issuer with a slash more", (claims) => ({ ...claims, iss: `${String(claims["iss"])}/` })],
  ["another issuer in other letter case", (claims) => ({ ...claims, iss: String(claims["iss"]).toUpperCase() })],
  ["two issuers", (claims) => ({ ...claims, iss: [claims["iss"]] })],
  ["no audience in a list", (claims) => ({ ...claims, aud: [] })],
  ["an audience that holds the client's id", (claims) => ({ ...claims, aud: `${clientId} other` })],
  ["two audiences and another party", (claims) => ({ ...claims, aud: [clientId, "other"], azp: "other" })],
  ["an empty subject", (claims) => ({ ...claims, sub: "" })],
  ["a subject that is a number", (claims) => ({ ...claims, sub: 7 })],
  ["a subject that is a list", (claims) => ({ ...claims, sub: [claims["sub"]] })],
  ["a subject of 256 characters", (claims) => ({ ...claims, sub: "a".repeat(256) })],
  ["a subject with a NUL", (claims) => ({ ...claims, sub: "ada\u0000" })],
  ["a subject in another script", (claims) => ({ ...claims, sub: "аda" })],
  ["an expiry that is text", (claims) => ({ ...claims, exp: "2999-01-01" })],
  ["an expiry two minutes ago", (claims) => ({ ...claims, exp: nowSeconds() - 120 })],
  ["a time of issue that is text", (claims) => ({ ...claims, iat: "now" })],
  ["a time of issue eleven minutes ago", (claims) => ({ ...claims, iat: nowSeconds() - 660 })],
  ["a time of issue in two minutes", (claims) => ({ ...claims, iat: nowSeconds() + 120 })],
  ["a beginning in two minutes", (claims) => ({ ...claims, nbf: nowSeconds() + 120 })],
  ["a nonce in a list", (claims) => ({ ...claims, nonce: [claims["nonce"]] })],
  ["an empty nonce", (claims) => ({ ...claims, nonce: "" })],
  ["no claims", () => ({})],
])("OAU-04: refuses %s, signed by the provider itself", (_, change) =>
  // With a name, so that the endpoint for names is not what notices.
  expectRefused(({ claims, sign }) => sign({ ...change(claims), preferred_username: "ada" })),
);

test.each<[string, (claims: Record<string, unknown>) => Record<string, unknown>]>([
  ["two audiences, for this client", (claims) => ({ ...claims, aud: ["other", clientId], azp: clientId })],
  ["a subject of 255 characters", (claims) => ({ ...claims, sub: "a".repeat(255) })],
  ["a clock that is 50 s ahead", (claims) => ({ ...claims, iat: nowSeconds() + 50, nbf: nowSeconds() + 50 })],
  ["claims that nobody here knows", (claims) => ({ ...claims, email: "ada@example.com", email_verified: true })],
])("accepts %s", async (_, change) => {
  provider.tamper({
    idToken: ({ claims, sign }) => sign({ ...change(claims), preferred_username: "ada" }),
  });
  expect(await signIn(createParty())).toMatchObject({ issuer: provider.issuer, preferredUsername: "ada" });
});

test("OAU-08: who issued it is never learnt from the token: a provider that signs in another's name is refused", async () => {
  const iss = "https://other.example";
  await expectRefused(({ claims, sign }) => sign({ ...claims, iss }));
  await expectRefused(({ claims, header, sign }) => sign({ ...claims, iss }, { ...header, iss: provider.issuer }));
});

test.each([
  ["refused", 1024],
  ["accepted", 2048],
])(
  "OAU-04: an ID token is %s when the provider signs it with an RSA key of %d bits",
  async (outcome, modulusLength) => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength });
    provider.tamper({
      keys: () => [{ ...publicKey.export({ format: "jwk" }), kid: "own", alg: "RS256", use: "sig" }],
      idToken: ({ claims }) => {
        const signed = `${base64url({ alg: "RS256", kid: "own" })}.${base64url(claims)}`;
        return `${signed}.${signBytes("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
      },
    });
    const found = await signIn(createParty()).then(
      () => "accepted",
      (error: unknown) => (error instanceof ProviderError ? error.problem : error),
    );
    expect(found).toBe(outcome);
  },
);

test.each<[string, (keys: Record<string, unknown>[]) => Record<string, unknown>[]]>([
  ["no keys", () => []],
  ["the key twice", (keys) => [...keys, ...keys]],
  ["the key for another algorithm", (keys) => keys.map((key) => ({ ...key, alg: "PS256" }))],
  ["the key for encryption", (keys) => keys.map((key) => ({ ...key, use: "enc" }))],
  ["the key without its modulus", (keys) => keys.map((key) => without(key, "n"))],
])("OAU-04: refuses an ID token where the provider publishes %s", async (_, keys) => {
  provider.tamper({ keys });
  await expectProblem(signIn(createParty()), "refused");
  await expectTwinSignedIn(scene);
});

test.each<[string, (answer: Record<string, unknown>) => Record<string, unknown>]>([
  ["without an ID token", (answer) => without(answer, "id_token")],
  ["with an ID token that is no text", (answer) => ({ ...answer, id_token: { sub: "ada" } })],
  ["without an access token", (answer) => without(answer, "access_token")],
  ["of another token type", (answer) => ({ ...answer, token_type: "N_A" })],
])("OAU-04: refuses a token answer %s", async (_, tokenAnswer) => {
  provider.tamper({ tokenAnswer });
  await expectProblem(signIn(createParty()), "refused");
  await expectTwinSignedIn(scene);
});
