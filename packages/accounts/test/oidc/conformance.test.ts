// OAU-17: the relying-party modules of OpenID's conformance suite, each under its name there, against a provider that runs. What they
// call a client is the room itself; a module that ends with "the client must stop" ends here with a refusal and no further request.

import { createHmac, generateKeyPairSync, randomUUID } from "node:crypto";
import type { Tampering } from "@signet/dev-provider";
import { expect, test } from "vitest";
import {
  clientId,
  clientSecret,
  createScene,
  expectProblem,
  expectTwinSignedIn,
  person,
  signIn,
  visit,
  without,
} from "./provider-scene.ts";

const scene = await createScene();
const es256 = await createScene({ algorithm: "ES256" });
const { provider, createParty } = scene;
const weekSeconds = 7 * 24 * 60 * 60;
const nowSeconds = () => Math.floor(Date.now() / 1000);

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Another signature of the same length. */
function spoilt(token: string): string {
  const [header, payload, signature = ""] = token.split(".");
  const bytes = Buffer.from(signature, "base64url");
  bytes[10] = (bytes[10] ?? 0) ^ 1;
  return [header, payload, bytes.toString("base64url")].join(".");
}

function changedClaims(change: (claims: Record<string, unknown>) => Record<string, unknown>): Tampering {
  return { idToken: ({ claims, sign }) => sign(change(claims)) };
}

const otherRsaKey = () => ({
  ...generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" }),
  kid: randomUUID(),
  alg: "RS256",
  use: "sig",
});

const accepted: [module: string, tampering: Tampering][] = [
  ["oidcc-client-test", {}],
  ["oidcc-client-test-client-secret-basic", {}],
  ["oidcc-client-test-scope-userinfo-claims", {}],
  ["oidcc-client-test-userinfo-bearer-header", {}],
  ["oidcc-client-test-idtoken-sig-rs256", {}],
  ["oidcc-client-test-discovery-openid-config", {}],
  ["oidcc-client-test-discovery-jwks-uri-keys", {}],
  [
    "oidcc-client-test-kid-absent-single-jwks",
    {
      idToken: ({ claims, sign }) => sign(claims, {}),
      keys: (keys) => keys.map((key) => without(key, "kid")),
    },
  ],
  [
    "oidcc-client-test-ignores-unparseable-key-in-jwks",
    {
      keys: (keys) => [
        { kty: "AKP", kid: "post-quantum", alg: "ML-DSA-1000", pub: "AAAA" },
        { kty: "made-up", kid: "made-up" },
        ...keys,
      ],
    },
  ],
  ["fapi2-security-profile-final-client-test-happy-path", {}],
  [
    "fapi2-security-profile-final-client-test-valid-aud-as-array",
    changedClaims((claims) => ({ ...claims, aud: [clientId] })),
  ],
  [
    "fapi2-security-profile-final-client-test-token-type-case-insensitivity",
    { tokenAnswer: (answer) => ({ ...answer, token_type: "bEArEr" }) },
  ],
  [
    "fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in",
    { tokenAnswer: (answer) => without(answer, "expires_in") },
  ],
  // Optional where the token comes from the token endpoint.
  ["oidcc-client-test-missing-athash", changedClaims((claims) => without(claims, "at_hash"))],
  [
    "fapi1-advanced-final-client-test-no-scope-in-token-endpoint-response",
    { tokenAnswer: (answer) => without(answer, "scope") },
  ],
];

test.each(accepted)("OAU-17 %s: accepted", async (_module, tampering) => {
  provider.tamper(tampering);
  expect(await signIn(createParty())).toMatchObject({ issuer: provider.issuer, preferredUsername: person });
});

const refused: [module: string, tampering: Tampering][] = [
  ["oidcc-client-test-nonce-invalid", changedClaims((claims) => ({ ...claims, nonce: "another" }))],
  ["oidcc-client-test-missing-iat", changedClaims((claims) => without(claims, "iat"))],
  ["oidcc-client-test-missing-aud", changedClaims((claims) => without(claims, "aud"))],
  ["oidcc-client-test-invalid-aud", changedClaims((claims) => ({ ...claims, aud: "another" }))],
  ["oidcc-client-test-missing-sub", changedClaims((claims) => without(claims, "sub"))],
  ["oidcc-client-test-invalid-iss", changedClaims((claims) => ({ ...claims, iss: `${String(claims["iss"])}/other` }))],
  ["oidcc-client-test-invalid-sig-rs256", { idToken: ({ text }) => spoilt(text) }],
  [
    "oidcc-client-test-invalid-sig-hs256",
    {
      metadata: (metadata) => ({ ...metadata, id_token_signing_alg_values_supported: ["RS256", "HS256"] }),
      idToken: ({ claims }) => {
        const signed = `${base64url({ alg: "HS256" })}.${base64url(claims)}`;
        return `${signed}.${createHmac("sha256", `not ${clientSecret}`).update(signed).digest("base64url")}`;
      },
    },
  ],
  [
    "oidcc-client-test-idtoken-sig-none",
    {
      metadata: (metadata) => ({ ...metadata, id_token_signing_alg_values_supported: ["RS256", "none"] }),
      idToken: ({ claims }) => `${base64url({ alg: "none" })}.${base64url(claims)}.`,
    },
  ],
  [
    "oidcc-client-test-kid-absent-multiple-jwks",
    {
      idToken: ({ claims, sign }) => sign(claims, {}),
      keys: (keys) => [...keys, otherRsaKey()].map((key) => without(key, "kid")),
    },
  ],
  ["oidcc-client-test-userinfo-invalid-sub", { userinfo: (claims) => ({ ...claims, sub: "another" }) }],
  [
    "fapi2-security-profile-final-client-test-invalid-iss",
    changedClaims((claims) => ({ ...claims, iss: "https://other.example" })),
  ],
  [
    "fapi2-security-profile-final-client-test-invalid-aud",
    changedClaims((claims) => ({ ...claims, aud: ["another"] })),
  ],
  [
    "fapi2-security-profile-final-client-test-invalid-secondary-aud",
    changedClaims((claims) => ({ ...claims, aud: [clientId, "another"] })),
  ],
  [
    "fapi2-security-profile-final-client-test-invalid-null-alg",
    { idToken: ({ claims }) => `${base64url({ alg: "none" })}.${base64url(claims)}.` },
  ],
  [
    "fapi2-security-profile-final-client-test-invalid-alternate-alg",
    { metadata: (metadata) => ({ ...metadata, id_token_signing_alg_values_supported: ["PS256"] }) },
  ],
  [
    "fapi2-security-profile-final-client-test-invalid-expired-exp",
    changedClaims((claims) => ({ ...claims, exp: nowSeconds() - 300 })),
  ],
  ["fapi2-security-profile-final-client-test-invalid-missing-exp", changedClaims((claims) => without(claims, "exp"))],
  ["fapi2-security-profile-final-client-test-invalid-missing-aud", changedClaims((claims) => without(claims, "aud"))],
  ["fapi2-security-profile-final-client-test-invalid-missing-iss", changedClaims((claims) => without(claims, "iss"))],
  [
    "fapi2-security-profile-final-client-test-invalid-nonce",
    changedClaims((claims) => ({ ...claims, nonce: `${String(claims["nonce"])} ` })),
  ],
  [
    "fapi2-security-profile-final-client-test-invalid-missing-nonce",
    changedClaims((claims) => without(claims, "nonce")),
  ],
  [
    "fapi2-security-profile-final-client-test-invalid-authorization-response-iss",
    { authorizationAnswer: (query) => query.set("iss", "https://other.example") },
  ],
  [
    "fapi2-security-profile-final-client-test-remove-authorization-response-iss",
    { authorizationAnswer: (query) => query.delete("iss") },
  ],
  [
    "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails",
    { authorizationAnswer: (query) => query.set("state", "another") },
  ],
  [
    "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-missing-state-fails",
    { authorizationAnswer: (query) => query.delete("state") },
  ],
  [
    "fapi1-advanced-final-client-test-iat-is-week-in-past",
    changedClaims((claims) => ({ ...claims, iat: nowSeconds() - weekSeconds })),
  ],
  [
    "fapi1-advanced-final-client-test-invalid-signature",
    { idToken: ({ text }) => `${text.slice(0, text.lastIndexOf("."))}.AAAA` },
  ],
];

test.each(refused)("OAU-17 %s: refused, and the twin signed in", async (module, tampering) => {
  provider.tamper(tampering);
  const party = createParty();
  const { query, transaction } = await visit(party);
  provider.takeRequests();
  await expectProblem(party.identify(query, transaction), "refused");
  // A wrong answer is not exchanged, and what a wrong ID token came with is not used.
  const mayAsk = module.includes("authorization-response") ? [] : ["POST /token", "GET /jwks"];
  if (module.includes("userinfo")) mayAsk.push("GET /me");
  expect(provider.takeRequests().filter((request) => !mayAsk.includes(request))).toEqual([]);
  await expectTwinSignedIn(scene);
});

const issuerMismatches = [
  "oidcc-client-test-discovery-issuer-mismatch",
  "fapi2-security-profile-final-client-test-discovery-issuer-mismatch",
];

test.each(issuerMismatches)("OAU-17 %s: nobody is sent there", async () => {
  provider.tamper({ metadata: (metadata) => ({ ...metadata, issuer: `${provider.issuer}/other` }) });
  await expectProblem(visit(createParty()), "refused");
  await expectTwinSignedIn(scene);
});

const wrongEs256 = "oidcc-client-test-invalid-sig-es256";

test(`OAU-17 ${wrongEs256}: refused, and the twin signed in`, async () => {
  es256.provider.tamper({ idToken: ({ text }) => spoilt(text) });
  await expectProblem(signIn(es256.createParty()), "refused");
  await expectTwinSignedIn(es256);
});

test.each([
  ["oidcc-client-test-signing-key-rotation", "between two sign-ins"],
  ["oidcc-client-test-signing-key-rotation-just-before-signing", "while somebody signs in"],
])("OAU-17 %s: keys that are rotated %s are known at once", async (_module, when) => {
  const { party } = scene;
  expect(await signIn(party)).toMatchObject({ preferredUsername: person });
  if (when === "between two sign-ins") await provider.rotateKeys();
  const { query, transaction } = await visit(party);
  if (when === "while somebody signs in") await provider.rotateKeys();
  expect(await party.identify(query, transaction)).toMatchObject({ preferredUsername: person });
});

/**
 * Modules that cannot apply, and why: of the plans for OpenID Connect all that are not mirrored, of those for FAPI what a plan without its
 * profile has.
 */
const notApplicable: Record<string, readonly string[]> = {
  "The ID token comes from the token endpoint: in the code flow its hashes are optional, and bind nothing that came by the browser":
    [
      "oidcc-client-test-invalid-athash",
      "oidcc-client-test-invalid-chash",
      "oidcc-client-test-missing-chash",
      "fapi1-advanced-final-client-test-invalid-shash",
      "fapi1-advanced-final-client-test-invalid-missing-shash",
      "oidcc-client-test-nonce-unless-code-flow",
    ],
  "The access token goes in the header, once, and never in a body": ["oidcc-client-test-userinfo-bearer-body"],
  "Access tokens are asked for without DPoP": [
    "fapi2-security-profile-final-client-test-rs-dpop-auth-scheme-case-insensitivity",
    "fapi2-security-profile-final-client-test-happy-path-no-dpop-nonce",
  ],
  "Answers come in the query alone: no form is taken, and no signed answer": [
    "oidcc-client-test-form-post-error",
    "fapi2-security-profile-final-client-test-ensure-jarm-signature-is-not-none",
    "fapi2-security-profile-final-client-test-ensure-jarm-with-expired-exp-fails",
    "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-aud-fails",
    "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-iss-fails",
    "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-sig-fails",
    "fapi2-security-profile-final-client-test-ensure-jarm-without-aud-fails",
    "fapi2-security-profile-final-client-test-ensure-jarm-without-exp-fails",
    "fapi2-security-profile-final-client-test-ensure-jarm-without-iss-fails",
  ],
  "Requests go in the query, unsigned": [
    "oidcc-client-test-request-uri-signed-none",
    "oidcc-client-test-request-uri-signed-rs256",
  ],
  "No refresh token is asked for or kept": [
    "oidcc-client-test-refresh-token",
    "oidcc-client-test-refresh-token-invalid-issuer",
    "oidcc-client-test-refresh-token-invalid-sub",
    "fapi2-security-profile-final-client-refresh-token-test",
  ],
  "A session here ends here: the provider is neither told of it nor asked": [
    "oidcc-client-test-rp-init-logout",
    "oidcc-client-test-rp-init-logout-no-state",
    "oidcc-client-test-rp-init-logout-other-state",
    "oidcc-client-test-rp-frontchannel-opinitlogout",
    "oidcc-client-test-rp-frontchannel-rpinitlogout",
    "oidcc-client-test-rp-backchannel-rpinitlogout",
    "oidcc-client-test-rp-backchannel-rpinitlogout-alg-none",
    "oidcc-client-test-rp-backchannel-rpinitlogout-no-event",
    "oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce",
    "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg",
    "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud",
    "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event",
    "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss",
    "oidcc-client-test-session-management",
  ],
  "Nobody is signed in by a link from elsewhere": ["oidcc-client-test-3rd-party-init-login"],
  "Nothing but a subject and a name is read": [
    "oidcc-client-test-aggregated-claims",
    "oidcc-client-test-distributed-claims",
  ],
  "Clients are registered by hand, and with a secret": [
    "oidcc-client-test-dynamic-registration",
    "oidcc-client-test-mtls-endpoint-aliases",
    "oidcc-client-test-userinfo-signed",
  ],
  "The issuer is configured, not found by a person's address": [
    "oidcc-client-test-discovery-webfinger-acct",
    "oidcc-client-test-discovery-webfinger-url",
  ],
};

/** What a relying party of the code flow has to do, by the ends of the modules' names. */
const wanted = [
  "discovery-issuer-mismatch",
  "ensure-authorization-response-with-invalid-state-fails",
  "ensure-authorization-response-with-invalid-missing-state-fails",
  "invalid-authorization-response-iss",
  "remove-authorization-response-iss",
  "idtoken-sig-none",
  "invalid-null-alg",
  "invalid-alternate-alg",
  "invalid-sig-rs256",
  "invalid-sig-es256",
  "invalid-sig-hs256",
  "invalid-iss",
  "invalid-missing-iss",
  "invalid-aud",
  "invalid-missing-aud",
  "invalid-secondary-aud",
  "valid-aud-as-array",
  "invalid-expired-exp",
  "invalid-missing-exp",
  "iat-is-week-in-past",
  "missing-iat",
  "missing-sub",
  "nonce-invalid",
  "invalid-missing-nonce",
  "kid-absent-single-jwks",
  "kid-absent-multiple-jwks",
  "userinfo-invalid-sub",
  "userinfo-bearer-header",
  "token-type-case-insensitivity",
  "token-endpoint-response-without-expires_in",
  "missing-athash",
];

test("OAU-17: each module that a relying party of the code flow needs is mirrored; what is left out has a reason, and nothing is both", () => {
  const mirrored = [...[...accepted, ...refused].map(([module]) => module), ...issuerMismatches, wrongEs256];
  const skipped = Object.values(notApplicable).flat();
  expect(wanted.filter((name) => !mirrored.some((module) => module.endsWith(`-${name}`)))).toEqual([]);
  expect(mirrored.filter((module) => skipped.includes(module))).toEqual([]);
  expect(new Set([...mirrored, ...skipped]).size).toBe(mirrored.length + skipped.length);
});
