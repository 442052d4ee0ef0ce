// The built API with a real OpenID provider beside it: the whole way, what each side gets to see of the other, and what a provider in trouble
// is to everybody else.

import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevProvider, startDevProvider, troubles, visitProvider } from "@signet/dev-provider";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { signUp, whoIs } from "./requests.ts";
import { freePort, password, type RunningApi, startApi } from "./running-api.ts";

const limitMs = 60_000;
const clientSecret = randomBytes(32).toString("base64url");

let dataDir: string;
let provider: DevProvider;
let api: RunningApi;
/** What the public calls it; by number it is the same. */
let origin: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  const port = await freePort();
  origin = `http://localhost:${port}`;
  const redirectUris = [`${origin}/auth/oidc/example/callback`];
  provider = await startDevProvider({ clients: [{ clientId: "signet", clientSecret, redirectUris }] });
  api = await startApi({
    PORT: String(port),
    APP_URL: origin,
    DATA_DIR: dataDir,
    WORKERS: "1",
    LOG_LEVEL: "trace",
    OIDC_EXAMPLE_ISSUER: provider.issuer,
    OIDC_EXAMPLE_CLIENT_ID: "signet",
    OIDC_EXAMPLE_CLIENT_SECRET: clientSecret,
  });
}, limitMs);

afterEach(() => provider.tamper());

afterAll(async () => {
  await api?.stop();
  await provider?.close();
  await rm(dataDir, { recursive: true, force: true });
}, limitMs);

/** All that the browser got to see: addresses, headers and bodies. */
let seenByBrowser = "";

async function asBrowser(path: string, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(api.url + path, { redirect: "manual", ...init });
  seenByBrowser += `\n${path}\n${JSON.stringify([...answer.headers])}\n${await answer.clone().text()}`;
  return answer;
}

const call = async (procedure: string, input: object, token?: string) => {
  const answer = await asBrowser(`/api/trpc/${procedure}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(input),
  });
  const body = await answer.json();
  return { status: answer.status, data: body.result?.data, reason: body.error?.data?.reason };
};

const locationOf = (answer: Response) => new URL(answer.headers.get("location") ?? "");

/** Away, in at the provider under this name (or not), and back. */
async function wayOf(name?: string) {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const start = await asBrowser(`/auth/oidc/example/start?challenge=${challenge}&return_to=/account`);
  const [cookie = ""] = start.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
  const back = await visitProvider(locationOf(start), name === undefined ? {} : { name });
  const callback = () => asBrowser(back.pathname + back.search, { headers: { cookie } });
  return { verifier, cookie, back, callback };
}

/** The code for who is called this there. */
async function codeFor(name: string) {
  const { verifier, callback } = await wayOf(name);
  return { verifier, code: locationOf(await callback()).searchParams.get("token") ?? "" };
}

async function signUpBy(name: string) {
  const presented = await codeFor(name);
  expect((await call("auth.redeem", presented)).reason).toBe("username_needed");
  return call("auth.signUpWithProvider", { ...presented, username: name });
}

describe("with a provider", () => {
  test("people sign up, sign in, and link what they have; whoever cancels comes back with nothing (OAU-07)", async () => {
    const ada = await signUpBy("ada");
    expect((await whoIs(api.url, ada.data.accessToken)).status).toBe(200);
    const again = await call("auth.redeem", await codeFor("ada"));
    const { claims } = await (await whoIs(api.url, again.data.accessToken)).json();
    expect(claims).toMatchObject({ preferred_username: "ada", amr: ["fed"], iss: origin });

    const { accessToken } = await signUp(api.url);
    expect((await call("auth.linkProvider", await codeFor("ada"), accessToken)).reason).toBe("provider_account_taken");
    expect((await call("auth.linkProvider", await codeFor("eve"), accessToken)).data).toMatchObject({
      label: "Example",
    });

    const cancelled = await (await wayOf()).callback();
    expect(locationOf(cancelled).href).toBe(`${origin}/account?provider_error=cancelled`);
  });

  test("keys that it has rotated a moment ago are known", async () => {
    await signUpBy("rota");
    await provider.rotateKeys();
    expect((await call("auth.redeem", await codeFor("rota"))).status).toBe(200);
  });

  test("its tokens never reach the browser, nor ours the provider; and no log has any of it (OAU-12, OAU-15)", async () => {
    const theirs: string[] = [];
    provider.tamper({
      tokenAnswer: (answer) => {
        for (const name of ["access_token", "id_token"]) theirs.push(String(answer[name]));
        return answer;
      },
    });
    seenByBrowser = "";
    const { verifier, cookie, back, callback } = await wayOf("tokens");
    const code = locationOf(await callback()).searchParams.get("token") ?? "";
    await call("auth.redeem", { code, verifier });
    const { data } = await call("auth.signUpWithProvider", {
      code,
      verifier,
      username: "tokens",
      refreshToken: "body",
    });

    expect(theirs.map((token) => token.length > 20)).toEqual([true, true]);
    for (const token of theirs) expect(seenByBrowser).not.toContain(token);
    // What went to the provider, and came from there, is all in these two addresses, and in what only our server sent.
    for (const token of [data.accessToken, data.refreshToken, code, verifier]) expect(back.href).not.toContain(token);
    const state = back.searchParams.get("state") ?? "none";
    const theirCode = back.searchParams.get("code") ?? "none";
    const secrets = [...theirs, code, verifier, data.accessToken, data.refreshToken, state, theirCode, clientSecret];
    for (const secret of [...secrets, cookie.split("=")[1] ?? "none"]) expect(api.output()).not.toContain(secret);
    expect(api.output()).toContain("sign_up_with_provider");
  });

  test("an answer of its that does not hold is a word for a person, and a sentence for the operator", async () => {
    provider.tamper({ idToken: ({ claims, sign }) => sign({ ...claims, nonce: "of somebody else" }) });
    const answer = await (await wayOf("nonce")).callback();
    expect(locationOf(answer).href).toBe(`${origin}/account?provider_error=refused`);
    expect(api.output()).toMatch(/"event":"provider_sign_in","provider":"example","result":"refused".*"why":"[^"]+"/);
  });
});

describe("a provider in trouble", () => {
  const credentials = { username: "local", password, refreshToken: "none" };

  test(
    "keeps nobody but its own people waiting: twenty hang there, and others sign in and are known (OAU-13)",
    async () => {
      await call("auth.signUp", credentials);
      const ways = await Promise.all(Array.from({ length: 20 }, () => wayOf("slow")));
      provider.tamper({ instead: { token: troubles.hang } });
      const begunAt = performance.now();
      let answered = 0;
      const waiting = ways.map(async ({ callback }) => {
        const answer = await callback();
        answered += 1;
        return locationOf(answer).searchParams.get("provider_error");
      });
      const signedIn = await call("auth.issueToken", credentials);
      expect(signedIn.status).toBe(200);
      expect((await whoIs(api.url, signedIn.data.accessToken)).status).toBe(200);
      expect(answered).toBe(0);
      expect(new Set(await Promise.all(waiting))).toEqual(new Set(["unavailable"]));
      // Five seconds, and room for a busy machine.
      expect(performance.now() - begunAt).toBeLessThan(10_000);
    },
    limitMs,
  );

  test(
    "that is gone altogether is said on the page that asked, and the form there works",
    async () => {
      const lonely = await startApi({
        PORT: String(await freePort()),
        DATA_DIR: dataDir,
        WORKERS: "1",
        OIDC_GONE_ISSUER: `http://localhost:${await freePort()}`,
        OIDC_GONE_CLIENT_ID: "signet",
      });
      const query = `challenge=${"A".repeat(43)}&return_to=/sign-in`;
      const answer = await fetch(`${lonely.url}/auth/oidc/gone/start?${query}`, { redirect: "manual" });
      expect(answer.status).toBe(303);
      expect(locationOf(answer).pathname + locationOf(answer).search).toBe("/sign-in?provider_error=unavailable");
      expect((await signUp(lonely.url)).status).toBe(200);
      await lonely.stop();
    },
    limitMs,
  );
});
