// No GET changes anything (WEB-13): whatever credentials it brings, and whatever it says that it would rather be.

import { beforeEach, describe, expect, test } from "vitest";
import { procedureAccess } from "../src/access.ts";
import { createApi } from "../src/api.ts";
import { appRouter } from "../src/app-router.ts";
import { basicOf, createTestApi, password } from "./test-api.ts";

/** Of the account store: what only looks. Whatever else is called changes something. */
const looks = /^(?:find|list|get|is|has|read)/;

const username = "ada";
let scene: Awaited<ReturnType<typeof open>>;

/** An API on a store that keeps a list of what is changed in it. */
async function open() {
  const base = await createTestApi();
  const changes: string[] = [];
  const { accessToken } = await base.signUp(username);
  const watched = base.watchStore((name) => {
    if (!looks.test(name)) changes.push(name);
  });
  const api = createApi({ ...base.services, accounts: watched });
  const send = (path: string, init: RequestInit) =>
    api.handle(new Request(new URL(path, "https://signet.test"), init), { address: "192.0.2.1" });
  const signedIn = await send("/api/trpc/auth.issueToken", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  const [cookie = ""] = signedIn.headers.getSetCookie().map((line) => line.split(";")[0]);
  expect(cookie).toContain("signet_refresh_");
  changes.length = 0;
  return { send, changes, accessToken, cookie, client: base.client };
}

beforeEach(async () => {
  scene = await open();
});

const paths = [
  "/auth/issue-new-token",
  "/auth/refresh",
  "/auth/sign-out",
  "/auth/session",
  "/auth/introspect",
  "/auth/revoke",
  "/auth/revocations?after=0",
  "/api/protected",
  "/.well-known/jwks.json",
  "/.well-known/oauth-authorization-server",
  "/healthz",
  "/readyz",
  "/metrics",
];
const mutations = procedureAccess(appRouter)
  .filter(({ type }) => type === "mutation")
  .map(({ path }) => path);

/** Everything that a request can bring to be believed. */
const credentials = (): Record<string, string>[] => [
  { cookie: scene.cookie, "sec-fetch-site": "same-origin" },
  { cookie: scene.cookie, authorization: `Bearer ${scene.accessToken}` },
  { authorization: `Basic ${btoa(`${username}:${password}`)}` },
  basicOf(scene.client),
];
const overrides: Record<string, string>[] = [
  {},
  { "x-http-method-override": "POST" },
  { "x-http-method": "DELETE", "x-method-override": "POST" },
];

describe.each(["GET", "HEAD"])("%s", (method) => {
  test.each(paths)("of %s leaves everything as it is, and gives no cookie", async (path) => {
    for (const believed of credentials()) {
      for (const override of overrides) {
        for (const query of ["", `${path.includes("?") ? "&" : "?"}_method=POST`]) {
          const answer = await scene.send(path + query, { method, headers: { ...believed, ...override } });
          expect(answer.status).toBeLessThan(500);
          expect(answer.headers.getSetCookie()).toEqual([]);
        }
      }
    }
    expect(scene.changes).toEqual([]);
  });

  test.each(mutations)("of the mutation %s does not call it, alone or in a batch", async (name) => {
    const input = encodeURIComponent(JSON.stringify({ username, password, refreshToken: "cookie", sessionId: "x" }));
    const batch = encodeURIComponent(`{"0":${decodeURIComponent(input)}}`);
    for (const believed of credentials()) {
      for (const override of overrides) {
        for (const query of [`input=${input}`, `batch=1&input=${batch}`]) {
          const answer = await scene.send(`/api/trpc/${name}?${query}`, {
            method,
            headers: { ...believed, ...override },
          });
          // tRPC knows no HEAD with an input: that is not readable to it.
          expect(answer.status).toBe(method === "GET" ? 405 : 400);
          expect(answer.headers.getSetCookie()).toEqual([]);
        }
      }
    }
    expect(scene.changes).toEqual([]);
  });
});

test("the same by POST is what changes things", async () => {
  const answer = await scene.send("/auth/refresh", {
    method: "POST",
    headers: { cookie: scene.cookie, "content-type": "application/json", "sec-fetch-site": "same-origin" },
    body: "{}",
  });
  expect(answer.status).toBe(200);
  expect(scene.changes).not.toEqual([]);
});

test("each path is one that the API answers", async () => {
  for (const path of paths) {
    const answers = await Promise.all(
      ["GET", "POST"].map((method) => scene.send(path, { method, headers: basicOf(scene.client) })),
    );
    expect(
      answers.some(({ status }) => status !== 404),
      path,
    ).toBe(true);
  }
});
