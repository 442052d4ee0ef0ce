// OAU-06, OAU-14: metadata that are another issuer's, or that lead to places where this server must not go.

import { expect, test } from "vitest";
import { ProviderError } from "../../src/oidc/identity-provider.ts";
import { createOidcProvider } from "../../src/oidc/oidc-provider.ts";
import {
  clientId,
  createScene,
  createTransaction,
  expectProblem,
  expectTwinSignedIn,
  redirectUri,
  without,
} from "./provider-scene.ts";

const scene = await createScene();
const { provider, createParty } = scene;

/** A provider on the internet, as far as its metadata go. */
function partyFor(issuer: string, changes: Record<string, unknown> = {}) {
  const asked: string[] = [];
  const metadata = {
    issuer,
    authorization_endpoint: "https://id.example/authorize",
    token_endpoint: "https://id.example/token",
    jwks_uri: "https://keys.example/jwks",
    ...changes,
  };
  const party = createOidcProvider({
    name: "example",
    label: "Example",
    issuer,
    clientId,
    redirectUri,
    fetch: async (url) => {
      asked.push(String(url));
      return Response.json(metadata);
    },
  });
  return { asked, begin: () => party.authorizationUrl(createTransaction()) };
}

test("OAU-06: metadata are looked for where OpenID says, and must be the configured issuer's to the letter", async () => {
  for (const issuer of [
    "https://id.example",
    "https://id.example/",
    "https://id.example/tenant",
    "https://id.example/tenant/",
  ]) {
    const { asked, begin } = partyFor(issuer);
    expect((await begin()).origin).toBe("https://id.example");
    expect(asked).toEqual([`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`]);
  }
});

test.each([
  ["https://id.example", "https://id.example/"],
  ["https://id.example/", "https://id.example"],
  ["https://id.example", "https://ID.example"],
  ["https://id.example", "https://id.example:443"],
  ["https://id.example/a", "https://id.example/b"],
  ["https://id.example", "https://evil.example"],
  ["https://id.example", ["https://id.example"]],
  ["https://id.example", undefined],
  // Of these the library allows other issuers.
  ["https://login.microsoftonline.com/common/v2.0", "https://login.microsoftonline.com/{tenantid}/v2.0"],
  ["https://people.b2clogin.com/a/v2.0/", "https://people.b2clogin.com/b/v2.0/"],
])("OAU-06: refuses for the issuer %s the metadata of %j", (issuer, named) =>
  expectProblem(partyFor(issuer, { issuer: named }).begin(), "refused"),
);

const insidePlaces = [
  "https://169.254.169.254/latest/meta-data/",
  "https://127.0.0.1/",
  "https://127.1/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0.0.0.0/",
  "https://10.0.0.8/",
  "https://172.16.0.1/",
  "https://192.168.1.1/",
  "https://100.64.0.1/",
  "https://[::1]/",
  "https://[::]/",
  "https://[::ffff:10.0.0.1]/",
  "https://[fd00::1]/",
  "https://[fe80::1]/",
  "https://localhost/",
  "https://LOCALHOST./",
  "https://api.localhost/",
];

test.each(["token_endpoint", "jwks_uri", "userinfo_endpoint", "authorization_endpoint"])(
  "OAU-14: refuses metadata whose %s leads inside, is not https, or is no address",
  async (name) => {
    const others = [
      "http://id.example/",
      "ftp://id.example/",
      "file:///etc/passwd",
      "javascript:alert(1)",
      "data:application/json,{}",
      "https://user:pass@id.example/",
      "https://id.example/#there",
      "/relative",
      "",
      7,
      null,
      {},
    ];
    for (const place of [...insidePlaces, ...others]) {
      const { asked, begin } = partyFor("https://id.example", { [name]: place });
      await expectProblem(begin(), "refused");
      expect(asked).toHaveLength(1);
    }
    expect(await partyFor("https://id.example", { [name]: "https://elsewhere.example/there" }).begin()).toBeInstanceOf(
      URL,
    );
  },
);

test("an issuer inside somebody's own network may name its own host, and no other one there", async () => {
  const issuer = "https://10.0.0.8:8443";
  expect(await partyFor(issuer, { token_endpoint: "https://10.0.0.8:9443/token" }).begin()).toBeInstanceOf(URL);
  await expectProblem(partyFor(issuer, { token_endpoint: "https://10.0.0.9/token" }).begin(), "refused");
});

test("OAU-14: an issuer on this machine stays on this machine", async () => {
  for (const place of ["https://id.example/token", "http://169.254.169.254/", "http://10.0.0.8/"]) {
    provider.tamper({ metadata: (metadata) => ({ ...metadata, token_endpoint: place }) });
    await expectProblem(createParty().authorizationUrl(createTransaction()), "refused");
  }
  await expectTwinSignedIn(scene);
});

test.each(["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"])(
  "refuses metadata without %s",
  async (name) => {
    provider.tamper({ metadata: (metadata) => without(metadata, name) });
    await expectProblem(createParty().authorizationUrl(createTransaction()), "refused");
    await expectTwinSignedIn(scene);
  },
);

test.each([
  ["id_token_signing_alg_values_supported", "RS256"],
  ["id_token_signing_alg_values_supported", { 0: "RS256" }],
  ["token_endpoint_auth_methods_supported", 7],
  ["__proto__", { polluted: true }],
])("metadata whose %s is %j end a sign-in at most", async (name, value) => {
  provider.tamper({
    metadata: (metadata) => Object.defineProperty({ ...metadata }, name, { value, enumerable: true }),
  });
  const step = createParty().authorizationUrl(createTransaction());
  const outcome = await step.then(
    () => "fulfilled",
    (error: unknown) => error instanceof ProviderError && error.problem,
  );
  expect(["fulfilled", "refused"]).toContain(outcome);
  expect("polluted" in {}).toBe(false);
  await expectTwinSignedIn(scene);
});
