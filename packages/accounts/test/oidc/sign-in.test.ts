// A sign-in when nobody is in its way: what is asked for, what is sent, and what comes of it.

import { createHash } from "node:crypto";
import { type Tampering, troubles } from "@signet/dev-provider";
import { expect, test } from "vitest";
import type { OidcProviderOptions } from "../../src/oidc/oidc-provider.ts";
import {
  clientId,
  createScene,
  createTransaction,
  expectProblem,
  person,
  redirectUri,
  signIn,
  visit,
  visitWith,
  without,
} from "./provider-scene.ts";

const scene = await createScene();
const { provider, createParty } = scene;

function callsOf(requests: readonly string[]): string[] {
  return requests.filter((request) => !/ \/(?:auth|interaction)\b/.test(request));
}

test("OAU-01, OAU-03: the browser goes to the provider for a code, with PKCE by S256, state and nonce", async () => {
  const transaction = createTransaction();
  const url = await createParty().authorizationUrl(transaction);
  expect(`${url.origin}${url.pathname}`).toBe(`${provider.issuer}/auth`);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: clientId,
    response_type: "code",
    redirect_uri: redirectUri,
    scope: "openid profile",
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge: createHash("sha256").update(transaction.codeVerifier).digest("base64url"),
    code_challenge_method: "S256",
  });
});

test("who comes back is an issuer, a subject and a name to suggest; the same person is the same subject", async () => {
  const first = await signIn(createParty());
  expect(first).toEqual({ issuer: provider.issuer, subject: first.subject, preferredUsername: person });
  expect(await signIn(createParty())).toEqual(first);
});

test("nothing is asked before somebody signs in; metadata are asked for once an hour, keys at each sign-in", async () => {
  let now = 0;
  provider.takeRequests();
  const party = createParty({ monotonicMs: () => now });
  expect(provider.takeRequests()).toEqual([]);

  const askedEachTime = ["POST /token", "GET /jwks", "GET /me"];
  const discovery = "GET /.well-known/openid-configuration";
  await signIn(party);
  expect(callsOf(provider.takeRequests())).toEqual([discovery, ...askedEachTime]);
  now = 3_599_999;
  await signIn(party);
  expect(callsOf(provider.takeRequests())).toEqual(askedEachTime);
  now = 3_600_000;
  await signIn(party);
  expect(callsOf(provider.takeRequests())).toEqual([discovery, ...askedEachTime]);
});

test("those who sign in at one moment share one look-up of the metadata; one that failed is not remembered", async () => {
  const party = createParty();
  provider.tamper({ instead: { metadata: troubles.serverError } });
  provider.takeRequests();
  const together = () =>
    Promise.allSettled(Array.from({ length: 20 }, () => party.authorizationUrl(createTransaction())));
  expect(new Set((await together()).map(({ status }) => status))).toEqual(new Set(["rejected"]));
  expect(provider.takeRequests()).toHaveLength(1);
  provider.tamper();
  expect(new Set((await together()).map(({ status }) => status))).toEqual(new Set(["fulfilled"]));
  expect(provider.takeRequests()).toHaveLength(1);
});

test("the person who cancels is told apart from everything that goes wrong", async () => {
  const party = createParty();
  const transaction = createTransaction();
  await expectProblem(party.identify(await visitWith(party, transaction), transaction), "cancelled");
});

test("the endpoint for a name is not asked when the ID token has one", async () => {
  provider.tamper({ idToken: ({ claims, sign }) => sign({ ...claims, preferred_username: "ada" }) });
  provider.takeRequests();
  expect(await signIn(createParty())).toMatchObject({ preferredUsername: "ada" });
  expect(callsOf(provider.takeRequests())).not.toContain("GET /me");
});

test.each<[string, Tampering]>([
  ["is missing from the metadata", { metadata: (metadata) => without(metadata, "userinfo_endpoint") }],
  ["answers with an error", { instead: { userinfo: troubles.serverError } }],
  ["answers with a page", { instead: { userinfo: troubles.page } }],
  ["gives no name", { userinfo: ({ sub }) => ({ sub }) }],
  ["gives a name that is no text", { userinfo: ({ sub }) => ({ sub, preferred_username: { first: "Ada" } }) }],
  ["gives a name that is too long", { userinfo: ({ sub }) => ({ sub, preferred_username: "a".repeat(256) }) }],
  ["gives a name with a NUL", { userinfo: ({ sub }) => ({ sub, preferred_username: "a\u0000b" }) }],
  ["gives a name with half a character", { userinfo: ({ sub }) => ({ sub, preferred_username: "a\ud800b" }) }],
])("an endpoint for a name that %s costs nobody their sign-in", async (_, tampering) => {
  provider.tamper(tampering);
  const identity = await signIn(createParty());
  expect(identity.subject).toMatch(/^\S{22}$/);
  expect(identity.preferredUsername).toBeUndefined();
});

test.each(["a\u0000b", "a\u001bb", "\udc00"])(
  "a name in the ID token that no database keeps is no name: %j",
  async (name) => {
    provider.tamper({ idToken: ({ claims, sign }) => sign({ ...claims, preferred_username: name }) });
    expect((await signIn(createParty())).preferredUsername).not.toBe(name);
  },
);

test("an endpoint for a name that hangs takes half of the time at most", async () => {
  provider.tamper({ instead: { userinfo: troubles.hang } });
  expect(await signIn(createParty({ deadlineMs: 1_000 }))).toMatchObject({ preferredUsername: undefined });
});

test("the client says who it is as the metadata allow: basic first, else post, and nothing without a secret", async () => {
  const sent: { authorization: boolean; body: URLSearchParams }[] = [];
  const spied: typeof fetch = async (url, init) => {
    if (init?.body instanceof URLSearchParams) {
      sent.push({
        authorization: new Headers(init.headers).has("Authorization"),
        body: new URLSearchParams(init.body),
      });
    }
    return fetch(url, init);
  };
  const exchangeWith = async (methods: string[] | undefined, options: Partial<OidcProviderOptions> = {}) => {
    provider.tamper({
      metadata: (metadata) =>
        methods === undefined
          ? without(metadata, "token_endpoint_auth_methods_supported")
          : { ...metadata, token_endpoint_auth_methods_supported: methods },
    });
    const party = createParty({ fetch: spied, ...options });
    const { query, transaction } = await visit(party);
    await party.identify(query, transaction).catch(() => {});
    const last = sent.at(-1);
    return { basic: last?.authorization, post: last?.body.has("client_secret") };
  };
  expect(await exchangeWith(undefined)).toEqual({ basic: true, post: false });
  expect(await exchangeWith(["client_secret_post", "client_secret_basic"])).toEqual({ basic: true, post: false });
  expect(await exchangeWith(["client_secret_post"])).toEqual({ basic: false, post: true });
  expect(await exchangeWith(undefined, { clientSecret: undefined })).toEqual({ basic: false, post: false });
  expect(sent.every(({ body }) => body.get("code_verifier")?.length === 43)).toBe(true);
});

test("a public client, and one that sends its secret in the body, sign people in as well", async () => {
  const publicClient = await createScene({ clients: [{ clientId, redirectUris: [redirectUri] }] });
  expect(await signIn(publicClient.createParty({ clientSecret: undefined }))).toMatchObject({
    preferredUsername: person,
  });
  const clientSecret = "a secret with spaces, a colon: and 100 % of signs";
  const posting = await createScene({
    clients: [{ clientId, clientSecret, redirectUris: [redirectUri], authentication: "client_secret_post" }],
  });
  posting.provider.tamper({
    metadata: (metadata) => ({ ...metadata, token_endpoint_auth_methods_supported: ["client_secret_post"] }),
  });
  expect(await signIn(posting.createParty({ clientSecret }))).toMatchObject({ preferredUsername: person });
});

test("what cannot be right is refused when a provider is configured", () => {
  const configured = (options: Partial<OidcProviderOptions>) => () => createParty(options);
  expect(configured({ issuer: "http://id.example" })).toThrow(TypeError);
  expect(configured({ issuer: "https://id.example/?tenant=1" })).toThrow(TypeError);
  expect(configured({ issuer: "https://user:pass@id.example" })).toThrow(TypeError);
  expect(configured({ issuer: "id.example" })).toThrow(TypeError);
  expect(configured({ name: "../other" })).toThrow(TypeError);
  expect(configured({ clientId: "" })).toThrow(TypeError);
  expect(configured({ clientSecret: "" })).toThrow(TypeError);
  expect(configured({ redirectUri: "https://app.example/callback?provider=example" })).toThrow(TypeError);
  expect(configured({ issuer: "https://id.example/tenant/" })).not.toThrow();
});
