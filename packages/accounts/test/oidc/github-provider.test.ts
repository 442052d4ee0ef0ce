// OAU-17 has no modules for GitHub, which is no OpenID provider: what stands in for an ID token is tried here, over real HTTP.

import { randomBytes } from "node:crypto";
import { startFakeGithub, type Trouble, troubles, visitProvider } from "@signet/dev-provider";
import { afterAll, afterEach, expect, test } from "vitest";
import { createGithubProvider, type GithubProviderOptions } from "../../src/oidc/github-provider.ts";
import { createTransaction, expectProblem, problemOf } from "./provider-scene.ts";

const redirectUri = "https://app.example/auth/oidc/github/callback";
const clientId = "Iv1.example";
const clientSecret = randomBytes(20).toString("hex");
const github = await startFakeGithub({ clientId, clientSecret, redirectUri });
afterEach(() => github.replace({}));
afterAll(() => github.close());

const createParty = (options: Partial<GithubProviderOptions> = {}) =>
  createGithubProvider({
    name: "github",
    label: "GitHub",
    url: github.url,
    clientId,
    clientSecret,
    redirectUri,
    deadlineMs: 2_000,
    ...options,
  });

async function visit(name: string | undefined = "ada", party = createParty()) {
  const transaction = createTransaction();
  const back = await visitProvider(await party.authorizationUrl(transaction), name === undefined ? {} : { name });
  return { party, transaction, query: back.searchParams };
}

async function signIn(party = createParty()) {
  const { query, transaction } = await visit("ada", party);
  return party.identify(query, transaction);
}

async function expectTwinSignedIn(): Promise<void> {
  github.replace({});
  expect(await signIn()).toEqual({
    issuer: github.url,
    subject: String(github.idOf("ada")),
    preferredUsername: "ada",
  });
}

const answering =
  (body: unknown, status = 200): Trouble =>
  (_request, response) =>
    void response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" }).end(JSON.stringify(body));

test("OAU-01: the browser goes to GitHub for a code, with state and PKCE, and for no scope", async () => {
  const party = createGithubProvider({ name: "github", label: "GitHub", clientId, clientSecret, redirectUri });
  const url = await party.authorizationUrl(createTransaction());
  expect(`${url.origin}${url.pathname}`).toBe("https://github.com/login/oauth/authorize");
  expect([...url.searchParams.keys()].toSorted()).toEqual([
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "redirect_uri",
    "response_type",
    "state",
  ]);
  expect(url.searchParams.get("code_challenge_method")).toBe("S256");
  expect(party.issuer).toBe("https://github.com");
});

test("GitHub itself is asked at its own addresses, an Enterprise Server at its own", async () => {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (url) => {
    asked.push(String(url));
    return String(url).endsWith("/user")
      ? Response.json({ id: 1, login: "ada" })
      : Response.json({ access_token: "token", token_type: "bearer" });
  };
  for (const url of ["https://github.com", "https://github.example", "https://github.example/"]) {
    const party = createParty({ fetch, url });
    const transaction = createTransaction();
    await party.identify(new URLSearchParams({ code: "code", state: transaction.state }), transaction);
  }
  const enterprise = ["https://github.example/login/oauth/access_token", "https://github.example/api/v3/user"];
  expect(asked).toEqual([
    "https://github.com/login/oauth/access_token",
    "https://api.github.com/user",
    ...enterprise,
    ...enterprise,
  ]);
});

test("who comes back is the number of the account, and its name to suggest", async () => {
  expect.hasAssertions();
  await expectTwinSignedIn();
});

test("the number is what counts: who takes another's former name is somebody else, and who changes theirs is not", async () => {
  github.replace({ user: answering({ id: 7, login: "ada" }) });
  const before = await signIn();
  github.replace({ user: answering({ id: 7, login: "countess" }) });
  const renamed = await signIn();
  github.replace({ user: answering({ id: 8, login: "ada" }) });
  const successor = await signIn();
  expect(renamed).toEqual({ ...before, preferredUsername: "countess" });
  expect(successor.subject).not.toBe(before.subject);
});

test("the person who cancels is told apart", async () => {
  const party = createParty();
  const transaction = createTransaction();
  const back = await visitProvider(await party.authorizationUrl(transaction), {});
  await expectProblem(party.identify(back.searchParams, transaction), "cancelled");
});

test.each<[string, (query: URLSearchParams) => void]>([
  ["a code that was never issued", (query) => query.set("code", "x".repeat(20))],
  ["no code", (query) => query.delete("code")],
  ["another state", (query) => query.set("state", "another")],
  ["no state", (query) => query.delete("state")],
  ["two codes", (query) => query.append("code", "another")],
  ["another provider's issuer", (query) => query.set("iss", "https://other.example")],
  ["an issuer twice", (query) => (query.append("iss", github.url), query.append("iss", github.url))],
])("OAU-02, OAU-05: refuses an answer with %s", async (_, change) => {
  const { party, query, transaction } = await visit();
  change(query);
  await expectProblem(party.identify(query, transaction), "refused");
  await expectTwinSignedIn();
});

test("should GitHub begin to name itself, at whatever path, nobody is refused for it", async () => {
  const { party, query, transaction } = await visit();
  query.set("iss", `${github.url}/login/oauth`);
  expect(await party.identify(query, transaction)).toMatchObject({ issuer: github.url });
});

test("OAU-01: a code of another's sign-in is refused, as it has another verifier", async () => {
  const attacker = await visit("mallory");
  const { party, query, transaction } = await visit();
  query.set("code", attacker.query.get("code") ?? "");
  await expectProblem(party.identify(query, transaction), "refused");
  await expectTwinSignedIn();
});

test("a code works once", async () => {
  const { party, query, transaction } = await visit();
  expect(await party.identify(query, transaction)).toMatchObject({ preferredUsername: "ada" });
  await expectProblem(party.identify(query, transaction), "refused");
});

test("an error of the token endpoint that comes with 200 is an error, and the log may say which", async () => {
  const failure = await problemOf(signIn(createParty({ clientSecret: "wrong" })));
  expect(failure).toMatchObject({
    problem: "refused",
    message: "GitHub refused the exchange: incorrect_client_credentials.",
  });
  github.replace({ token: answering({ error: "<b>", access_token: "token", token_type: "bearer" }) });
  const odd = await problemOf(signIn());
  expect(odd.problem).toBe("refused");
  expect(odd.message).not.toContain("<b>");
  await expectTwinSignedIn();
});

test.each([
  {},
  { login: "ada" },
  { id: null, login: "ada" },
  { id: "7", login: "ada" },
  { id: 0, login: "ada" },
  { id: -7, login: "ada" },
  { id: 7.5, login: "ada" },
  { id: 2 ** 53, login: "ada" },
  { id: [7], login: "ada" },
  [],
  null,
  "ada",
])("OAU-13: refuses the user %j, who has no number", async (user) => {
  github.replace({ user: answering(user) });
  await expectProblem(signIn(), "refused");
  await expectTwinSignedIn();
});

test("a user without a login name is somebody all the same", async () => {
  github.replace({ user: answering({ id: 7 }) });
  expect(await signIn()).toEqual({ issuer: github.url, subject: "7", preferredUsername: undefined });
});

test.each(["token", "user"] as const)(
  "OAU-13, OAU-14: a %s endpoint that is slow or broken ends the sign-in in time",
  async (place) => {
    const { hang, trickle, serverError, tooManyRequests, redirectInside, huge, gzipBomb, page, cutOff } = troubles;
    for (const trouble of [hang, trickle, serverError, tooManyRequests, redirectInside, huge, gzipBomb, page, cutOff]) {
      github.replace({ [place]: trouble });
      const start = performance.now();
      await expectProblem(signIn(createParty({ deadlineMs: 300 })), "unavailable");
      expect(performance.now() - start).toBeLessThan(2_000);
    }
    github.replace({ [place]: troubles.notJson });
    await expectProblem(signIn(), "refused");
    await expectTwinSignedIn();
  },
);

test("what cannot be right is refused when a provider is configured", () => {
  const configured = (options: Partial<GithubProviderOptions>) => () => createParty(options);
  expect(configured({ url: "http://github.example" })).toThrow(TypeError);
  expect(configured({ url: "https://github.example/path" })).toThrow(TypeError);
  expect(configured({ url: "github.example" })).toThrow(TypeError);
  expect(configured({ clientId: "" })).toThrow(TypeError);
  expect(configured({ url: "https://github.example" })).not.toThrow();
});
