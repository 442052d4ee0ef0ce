// OAU-01, OAU-02, OAU-05: what a browser brings back to the callback, when it is not what the provider sent to this browser.

import { inspect } from "node:util";
import type { Trouble } from "@signet/dev-provider";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ProviderError } from "../../src/oidc/identity-provider.ts";
import {
  clientSecret,
  createScene,
  createTransaction,
  expectProblem,
  expectTwinSignedIn,
  person,
  problemOf,
  visit,
} from "./provider-scene.ts";

const scene = await createScene();
const other = await createScene();
const { provider, createParty } = scene;

test("OAU-01: a code of another's sign-in is refused: it has another verifier, which the provider compares", async () => {
  const party = createParty();
  const attacker = await visit(party, "Mallory");
  const victim = await visit(party, person);
  victim.query.set("code", attacker.query.get("code") ?? "");
  await expectProblem(party.identify(victim.query, victim.transaction), "refused");
  await expectTwinSignedIn(scene);
});

test("OAU-03: a code of another's sign-in is refused by its nonce alone, should a provider not compare verifiers", async () => {
  const party = createParty();
  const attacker = await visit(party, "Mallory");
  const victim = await visit(party, person);
  victim.query.set("code", attacker.query.get("code") ?? "");
  const withOtherVerifier = { ...victim.transaction, codeVerifier: attacker.transaction.codeVerifier };
  await expectProblem(party.identify(victim.query, withOtherVerifier), "refused");
  await expectTwinSignedIn(scene);
});

test("OAU-02: an answer to another transaction is refused before anything is asked", async () => {
  const party = createParty();
  const { query } = await visit(party);
  provider.takeRequests();
  await expectProblem(party.identify(query, createTransaction()), "refused");
  expect(provider.takeRequests()).toEqual([]);
  await expectTwinSignedIn(scene);
});

test("OAU-02: an error in an answer to another transaction is not believed either", async () => {
  const party = createParty();
  const { transaction } = await visit(party);
  const query = new URLSearchParams({ error: "access_denied", state: "another", iss: provider.issuer });
  await expectProblem(party.identify(query, transaction), "refused");
  query.set("state", transaction.state);
  await expectProblem(party.identify(query, transaction), "cancelled");
});

test("OAU-05: an answer of one provider is refused by the other one, and its code goes to neither", async () => {
  const party = createParty();
  const otherParty = other.createParty();
  const { query, transaction } = await visit(otherParty);
  await party.authorizationUrl(transaction);
  provider.takeRequests();
  other.provider.takeRequests();
  await expectProblem(party.identify(query, transaction), "refused");
  expect(provider.takeRequests()).toEqual([]);
  expect(other.provider.takeRequests()).toEqual([]);
  expect(await otherParty.identify(query, transaction)).toMatchObject({ issuer: other.provider.issuer });
});

test.each([
  ["missing", (query: URLSearchParams) => query.delete("iss")],
  ["empty", (query: URLSearchParams) => query.set("iss", "")],
  ["the other provider", (query: URLSearchParams) => query.set("iss", other.provider.issuer)],
  ["with a slash more", (query: URLSearchParams) => query.set("iss", `${provider.issuer}/`)],
])(
  "OAU-05: an answer whose issuer is %s is refused, as this provider announces that it names itself",
  async (_, change) => {
    const party = createParty();
    const { query, transaction } = await visit(party);
    change(query);
    await expectProblem(party.identify(query, transaction), "refused");
    await expectTwinSignedIn(scene);
  },
);

test("a provider that does not announce it may leave its issuer out, and must not name another", async () => {
  provider.tamper({ metadata: (metadata) => ({ ...metadata, authorization_response_iss_parameter_supported: false }) });
  const party = createParty();
  const first = await visit(party);
  first.query.delete("iss");
  expect(await party.identify(first.query, first.transaction)).toMatchObject({ issuer: provider.issuer });
  const second = await visit(party);
  second.query.set("iss", other.provider.issuer);
  await expectProblem(party.identify(second.query, second.transaction), "refused");
});

test.each(["code", "state", "iss", "anything"])("an answer with two parameters called %s is refused", async (name) => {
  const party = createParty();
  const { query, transaction } = await visit(party);
  query.append(name, query.get(name) ?? "");
  query.append(name, "another");
  await expectProblem(party.identify(query, transaction), "refused");
  await expectTwinSignedIn(scene);
});

test.each([
  ["no code", (query: URLSearchParams) => query.delete("code")],
  ["an empty code", (query: URLSearchParams) => query.set("code", "")],
  ["a code that was never issued", (query: URLSearchParams) => query.set("code", "x".repeat(43))],
  ["an ID token beside the code", (query: URLSearchParams) => query.set("id_token", "e30.e30.")],
  ["a signed answer in place of a plain one", (query: URLSearchParams) => query.set("response", "e30.e30.")],
])("an answer with %s is refused", async (_, change) => {
  const party = createParty();
  const { query, transaction } = await visit(party);
  change(query);
  await expectProblem(party.identify(query, transaction), "refused");
  await expectTwinSignedIn(scene);
});

test("a code works once: the second time the provider refuses it", async () => {
  const party = createParty();
  const { query, transaction } = await visit(party);
  expect(await party.identify(query, transaction)).toMatchObject({ preferredUsername: person });
  await expectProblem(party.identify(query, transaction), "refused");
});

test.each([
  ["access_denied", "cancelled"],
  ["temporarily_unavailable", "unavailable"],
  ["server_error", "unavailable"],
  ["invalid_scope", "refused"],
  ["<script>alert(1)</script>\r\nfake: line", "refused"],
] as const)("the error %j is told as %s", async (error, problem) => {
  const party = createParty();
  const { transaction } = await visit(party);
  const query = new URLSearchParams({
    error,
    error_description: "A text.",
    state: transaction.state,
    iss: provider.issuer,
  });
  const failure = await problemOf(party.identify(query, transaction));
  expect(failure.problem).toBe(problem);
  expect(failure.message).not.toMatch(/[<\r\n]|A text/);
});

test("OAU-13: whatever stands in the query, it is an answer to this transaction or a refusal, and nothing is asked for it", async () => {
  const party = createParty();
  const { transaction } = await visit(party);
  provider.takeRequests();
  const known = ["code", "state", "iss", "error", "error_description", "id_token", "token", "response", "__proto__"];
  const name = fc.oneof(fc.constantFrom(...known), fc.string());
  const value = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", "access_denied", provider.issuer));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value)), async (pairs) => {
      expect((await problemOf(party.identify(new URLSearchParams(pairs), transaction))).problem).toBe("refused");
    }),
    { numRuns: 300 },
  );
  expect(provider.takeRequests()).toEqual([]);
});

/** An answer that is no JSON, but something secret. Parsers quote where they failed. */
const cutOffToken = "cut-off-tokn";
const quoted: Trouble = (_request, response) => {
  response.writeHead(200, { "Content-Type": "application/json" }).end(cutOffToken);
};

/** All that a careless log could write of an error. */
const everythingOf = (error: unknown) => inspect(error, { depth: 20, showHidden: true });

test("OAU-12: an error holds no code, state, nonce, verifier, secret or token, however far somebody looks into it", async () => {
  const party = createParty();
  let tokens: string[] = [];
  const failures: ProviderError[] = [];
  const secrets: string[] = [clientSecret, cutOffToken];
  const attempts = [
    { idToken: ({ text }: { text: string }) => `${text}x` },
    { tokenAnswer: (answer: Record<string, unknown>) => ({ ...answer, token_type: "other" }) },
    { tokenAnswer: (answer: Record<string, unknown>) => ({ ...answer, id_token: "no token" }) },
    { userinfo: () => ({ sub: "another" }) },
    { keys: () => [] },
    // The parser's message quotes what it could not read.
    { instead: { token: quoted } },
    { authorizationAnswer: (query: URLSearchParams) => query.set("state", "another") },
    { authorizationAnswer: (query: URLSearchParams) => query.append("code", "again") },
  ];
  for (const attempt of attempts) {
    provider.tamper({
      ...attempt,
      tokenAnswer: (answer) => {
        tokens = [String(answer["access_token"]), String(answer["id_token"])];
        return attempt.tokenAnswer?.(answer) ?? answer;
      },
    });
    const { query, transaction } = await visit(party);
    failures.push(await problemOf(party.identify(query, transaction)));
    secrets.push(query.get("code") ?? "", ...Object.values(transaction), ...tokens.splice(0));
  }
  expect(failures.every((failure) => failure.problem === "refused")).toBe(true);
  expect(new Set(secrets).size).toBeGreaterThan(4 * attempts.length);
  const written = failures.map(everythingOf).join("\n");
  expect(secrets.filter((secret) => secret !== "" && written.includes(secret))).toEqual([]);
});
