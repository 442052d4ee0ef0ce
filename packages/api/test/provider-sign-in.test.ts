// Signing in with a provider, over HTTP: away, back, and what the hand-over code buys. The provider here is a plain one that says who it is
// told to; what a real one may do is tested in accounts, and in a browser.

import { createHash, randomBytes } from "node:crypto";
import { type IdentityProvider, ProviderError, type ProviderTransaction } from "@signet/accounts";
import { beforeEach, describe, expect, test } from "vitest";
import { createTestApi, issuer, password, type TestApi } from "./test-api.ts";

const pages = "https://app.signet.test";

/** Says that somebody is whoever its "authorization code" names. */
function plainProvider(name: string, seen: ProviderTransaction[] = []): IdentityProvider {
  const at = `https://${name}.test`;
  return {
    name,
    label: `The ${name}`,
    issuer: at,
    authorizationUrl: async ({ state }) => new URL(`/authorize?state=${state}`, at),
    async identify(answer, transaction) {
      seen.push(transaction);
      const code = answer.get("code") ?? "";
      if (code === "down") throw new ProviderError("unavailable", "It does not answer.");
      if (code === "forged") throw new ProviderError("refused", "It does not hold.");
      if (answer.has("error")) throw new ProviderError("cancelled", "The person said no.");
      return { issuer: at, subject: code, preferredUsername: `${code} Example` };
    },
  };
}

let seen: ProviderTransaction[];
let api: TestApi;
beforeEach(async () => {
  seen = [];
  api = await createTestApi({
    providers: [plainProvider("example", seen), plainProvider("other")],
    origins: { own: issuer, allowed: [pages], pages },
  });
});

const newVerifier = () => randomBytes(32).toString("base64url");
const challengeOf = (verifier: string) => createHash("sha256").update(verifier).digest("base64url");
const cookieOf = (answer: Response) => (answer.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
const locationOf = (answer: Response) => new URL(answer.headers.get("location") ?? "");
const reasonOf = async (answer: Response) => {
  const body = await answer.json();
  return body.reason ?? body.error?.data?.reason;
};

interface Away {
  verifier: string;
  cookie: string;
  state: string;
}

async function goAway(more: { returnTo?: string; provider?: string; headers?: Record<string, string> } = {}) {
  const { returnTo = "/sign-in?return_to=%2Fnotes", provider = "example", headers = {} } = more;
  const verifier = newVerifier();
  const query = new URLSearchParams({ challenge: challengeOf(verifier), return_to: returnTo });
  const answer = await api.fetch(`/auth/oidc/${provider}/start?${query}`, { headers });
  const state = answer.status === 303 ? (locationOf(answer).searchParams.get("state") ?? "") : "";
  return { answer, verifier, state, cookie: cookieOf(answer) };
}

const comeBack = ({ cookie, state }: Pick<Away, "cookie" | "state">, query = "code=ada", provider = "example") =>
  api.fetch(`/auth/oidc/${provider}/callback?${query}&state=${state}`, { headers: { cookie } });

/** Away and back: a code for who the provider says it is, and the verifier that goes with it. */
async function handOver(subject = "ada", provider = "example") {
  const away = await goAway({ provider });
  const code = locationOf(await comeBack(away, `code=${subject}`, provider)).searchParams.get("token") ?? "";
  return { code, verifier: away.verifier };
}

const redeem = (input: { code: string; verifier: string; refreshToken?: string }, headers = {}) =>
  api.mutate("auth.redeem", input, headers);

async function signUp(subject = "ada", username = subject) {
  const presented = await handOver(subject);
  expect(await reasonOf(await redeem(presented))).toBe("username_needed");
  const answer = await api.mutate("auth.signUpWithProvider", { ...presented, username });
  const { accessToken, sessionId } = (await answer.json()).result.data;
  return { ...presented, accessToken: String(accessToken), sessionId: String(sessionId), answer };
}

async function signIn(subject = "ada") {
  const answer = await redeem(await handOver(subject));
  const { accessToken, sessionId } = (await answer.json()).result.data;
  return { accessToken: String(accessToken), sessionId: String(sessionId), answer };
}

const claimsOf = (token: string) => api.services.verifier.verify(token);
const statusWith = async (token: string) => (await api.query("auth.whoami", api.bearer(token))).status;

describe("the way there", () => {
  test("is a 303 to the provider, with a cookie for this browser that only the callback gets (OAU-02, OAU-11)", async () => {
    const { answer, state } = await goAway();
    expect(answer.status).toBe(303);
    expect(locationOf(answer).origin).toBe("https://example.test");
    expect(answer.headers.getSetCookie()).toHaveLength(1);
    expect(answer.headers.getSetCookie()[0]).toMatch(
      new RegExp(
        `^__Secure-signet_provider_${state}=[\\w.-]+; Max-Age=600; Path=/auth/oidc; HttpOnly; SameSite=Lax; Secure$`,
      ),
    );
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("has state, nonce and PKCE verifier of its own each time, none of which stands in the cookie (OAU-01, OAU-02, OAU-03)", async () => {
    const [one, two] = [await goAway(), await goAway()];
    await comeBack(one);
    await comeBack(two);
    const secrets = seen.flatMap(({ state, nonce, codeVerifier }) => [state, nonce, codeVerifier]);
    expect(new Set(secrets).size).toBe(6);
    for (const { nonce, codeVerifier } of seen) {
      expect(nonce).toMatch(/^[\w-]{43}$/);
      expect(codeVerifier).toMatch(/^[\w-]{43}$/);
      for (const { cookie } of [one, two]) {
        expect(cookie).not.toContain(nonce);
        expect(cookie).not.toContain(codeVerifier);
      }
    }
  });

  test.each([
    ["a link on another site", { "sec-fetch-site": "cross-site", "sec-fetch-dest": "document" }],
    ["a frame", { "sec-fetch-site": "same-origin", "sec-fetch-dest": "iframe" }],
    ["an image", { "sec-fetch-site": "same-origin", "sec-fetch-dest": "image" }],
    ["a script", { "sec-fetch-site": "same-site", "sec-fetch-dest": "empty" }],
  ])("is closed to %s (OAU-16)", async (_, headers) => {
    const { answer } = await goAway({ headers });
    expect(answer.status).toBe(403);
    expect(await reasonOf(answer)).toBe("origin_refused");
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  test.each([
    ["a page of ours", { "sec-fetch-site": "same-origin", "sec-fetch-dest": "document" }],
    ["our pages on another origin of the site", { "sec-fetch-site": "same-site", "sec-fetch-dest": "document" }],
    ["who types it", { "sec-fetch-site": "none", "sec-fetch-dest": "document" }],
  ])("is open to %s (OAU-16)", async (_, headers) => {
    expect((await goAway({ headers })).answer.status).toBe(303);
  });

  test("is closed to other origins of the site where our pages are at the API's own", async () => {
    api = await createTestApi({ providers: [plainProvider("example")], origins: { own: issuer, allowed: [issuer] } });
    const headers = { "sec-fetch-site": "same-site", "sec-fetch-dest": "document" };
    expect((await goAway({ headers })).answer.status).toBe(403);
  });

  test.each([
    ["", "input_invalid"],
    ["challenge=short", "input_invalid"],
    [`challenge=${"a".repeat(43)}&challenge=${"b".repeat(43)}`, "input_invalid"],
    [`challenge=${"a".repeat(43)}&more=1`, "input_invalid"],
    [`challenge=${"a".repeat(43)}&return_to=${"a".repeat(8_193)}`, "input_invalid"],
  ])("is refused for the query %j", async (query, reason) => {
    const answer = await api.fetch(`/auth/oidc/example/start?${query}`);
    expect([answer.status, await reasonOf(answer)]).toEqual([400, reason]);
  });

  test("is nowhere for a provider that is not configured", async () => {
    const answer = await api.fetch(`/auth/oidc/unknown/start?challenge=${"a".repeat(43)}`);
    expect([answer.status, await reasonOf(answer)]).toEqual([404, "not_found"]);
  });

  test("ends on the page that asked when the provider is down, without a cookie", async () => {
    const down = {
      ...plainProvider("example"),
      authorizationUrl: () => Promise.reject(new ProviderError("unavailable", "")),
    };
    api = await createTestApi({ providers: [down], origins: { own: issuer, allowed: [pages], pages } });
    const { answer } = await goAway();
    expect(locationOf(answer).href).toBe(`${pages}/sign-in?return_to=%2Fnotes&provider_error=unavailable`);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  test("keeps three at once, and forgets the oldest", async () => {
    const cookies: string[] = [];
    for (let tab = 0; tab < 3; tab += 1) cookies.push((await goAway()).cookie);
    const { answer } = await goAway({ headers: { cookie: cookies.join("; ") } });
    const [, ...cleared] = answer.headers.getSetCookie();
    expect(cleared.map((line) => line.split("=")[0])).toEqual([cookies[0]?.split("=")[0]]);
    expect(cleared[0]).toContain("Max-Age=0");
  });
});

describe("the way back", () => {
  test("leads to the page that asked, with a code of 256 bits in place of anything that opens a door (WEB-03)", async () => {
    const away = await goAway();
    const answer = await comeBack(away);
    expect(answer.status).toBe(303);
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const location = locationOf(answer);
    expect(location.origin + location.pathname).toBe(`${pages}/sign-in`);
    expect(location.searchParams.get("return_to")).toBe("/notes");
    const code = location.searchParams.get("token") ?? "";
    expect(code).toMatch(/^[\w-]{43}$/);
    const [cleared, ...others] = answer.headers.getSetCookie();
    expect(cleared).toMatch(new RegExp(`^__Secure-signet_provider_${away.state}=; Max-Age=0; `));
    expect(others).toEqual([]);
    expect(await statusWith(code)).toBe(401);
    expect(JSON.stringify(api.log)).not.toContain(code);
  });

  test.each([
    ["//evil.test", "/"],
    ["/\\evil.test", "/"],
    ["https:evil.test", "/"],
    ["https://evil.test/", "/"],
    ["javascript:alert(1)", "/"],
    ["/%09/evil.test", "/"],
    ["/..//evil.test", "/"],
    ["/account?token=planted&provider_error=planted#here", "/account"],
  ])("to %s leads to our own %s (OAU-09)", async (returnTo, path) => {
    const location = locationOf(await comeBack(await goAway({ returnTo })));
    expect([location.origin, location.pathname]).toEqual([pages, path]);
    expect(location.searchParams.getAll("token")).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    expect(location.searchParams.has("provider_error")).toBe(false);
  });

  test.each([
    ["code=down", "unavailable"],
    ["code=forged", "refused"],
    ["error=access_denied", "cancelled"],
  ])("says by one word what went wrong after %s (OAU-13)", async (query, problem) => {
    const answer = await comeBack(await goAway(), query);
    expect(answer.status).toBe(303);
    expect(locationOf(answer).href).toBe(`${pages}/sign-in?return_to=%2Fnotes&provider_error=${problem}`);
    expect(answer.headers.getSetCookie()[0]).toContain("Max-Age=0");
  });

  const expired = `${pages}/sign-in?provider_error=expired`;

  test("is closed to a browser that did not begin it: no cookie, another's cookie, no state, another state, two (OAU-02)", async () => {
    const [mine, theirs] = [await goAway(), await goAway()];
    const bad: Promise<Response>[] = [
      comeBack({ cookie: "", state: mine.state }),
      comeBack({ cookie: theirs.cookie, state: mine.state }),
      comeBack({ cookie: mine.cookie, state: "" }),
      comeBack({ cookie: mine.cookie, state: "A".repeat(22) }),
      comeBack(mine, `code=ada&state=${mine.state}`),
      api.fetch("/auth/oidc/example/callback?code=ada", { headers: { cookie: mine.cookie } }),
      comeBack({ ...mine, cookie: mine.cookie.replace(/.$/, (last) => (last === "A" ? "B" : "A")) }),
      // The value of one under the name of the other.
      comeBack({ state: mine.state, cookie: `${mine.cookie.split("=")[0]}=${theirs.cookie.split("=")[1]}` }),
    ];
    for (const answer of await Promise.all(bad)) {
      expect(locationOf(answer).href).toBe(expired);
    }
    expect(seen).toEqual([]);
    expect(locationOf(await comeBack(mine)).searchParams.has("token")).toBe(true);
  });

  test("is closed to the state of another provider (OAU-05)", async () => {
    const away = await goAway({ provider: "other" });
    expect(locationOf(await comeBack(away)).href).toBe(expired);
    expect(locationOf(await comeBack(away, "code=ada", "other")).searchParams.has("token")).toBe(true);
  });

  test("is closed after ten minutes", async () => {
    const [inTime, late] = [await goAway(), await goAway()];
    api.clock.advance(599_000);
    expect(locationOf(await comeBack(inTime)).searchParams.has("token")).toBe(true);
    api.clock.advance(1_000);
    expect(locationOf(await comeBack(late)).href).toBe(expired);
  });

  test("gives one code for a state, however often the address is opened (OAU-02)", async () => {
    const away = await goAway();
    const answers = await Promise.all(Array.from({ length: 5 }, () => comeBack(away)));
    const outcomes = answers.map((answer) => locationOf(answer).searchParams);
    expect(outcomes.filter((outcome) => outcome.has("token"))).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.get("provider_error") === "expired")).toHaveLength(4);
  });

  test("signs nobody in and sets no cookie of a session (OAU-16)", async () => {
    const { accessToken } = await signUp();
    const answer = await comeBack(await goAway());
    expect(answer.headers.getSetCookie().filter((line) => line.includes("refresh"))).toEqual([]);
    const sessions = await api.query("auth.listSessions", api.bearer(accessToken));
    expect((await sessions.json()).result.data).toHaveLength(1);
  });
});

describe("a hand-over code", () => {
  test("makes an account under a name of the person's choice, and says `fed` in its token", async () => {
    const { accessToken, answer } = await signUp("ada", "Ada.L");
    expect(answer.headers.getSetCookie().map((line) => line.split("_").slice(3, 4).join())).toEqual([
      "refresh",
      "device",
    ]);
    expect(await claimsOf(accessToken)).toMatchObject({ preferred_username: "ada.l", amr: ["fed"] });
    expect(await statusWith(accessToken)).toBe(200);
  });

  test("suggests a name that fits, made of what the provider calls the person", async () => {
    const body = await (await redeem(await handOver("Zoë"))).json();
    expect(body.error.data).toMatchObject({ reason: "username_needed", httpStatus: 409, suggestion: "zoë.example" });
  });

  test("signs in whoever has an account, and stays `fed` when the token is renewed", async () => {
    await signUp();
    const answer = await redeem({ ...(await handOver()), refreshToken: "body" });
    const { accessToken, refreshToken } = (await answer.json()).result.data;
    expect(await claimsOf(accessToken)).toMatchObject({ preferred_username: "ada", amr: ["fed"] });
    const renewed = await api.mutate("auth.refresh", { refreshToken });
    expect(await claimsOf((await renewed.json()).result.data.accessToken)).toMatchObject({ amr: ["fed"] });
  });

  test("is good once; the second time it is refused, and what it began is over (WEB-03)", async () => {
    await signUp();
    const presented = await handOver();
    const { accessToken } = (await (await redeem(presented)).json()).result.data;
    expect(await statusWith(accessToken)).toBe(200);
    expect(await reasonOf(await redeem(presented))).toBe("code_invalid");
    expect(await statusWith(accessToken)).toBe(401);
  });

  test("is noticed when it comes again from another browser, too", async () => {
    const { code, accessToken } = await signUp();
    expect(await reasonOf(await redeem({ code, verifier: newVerifier() }))).toBe("code_invalid");
    expect(await statusWith(accessToken)).toBe(401);
  });

  test("is of no use to another browser, and stays good for its own (WEB-03)", async () => {
    await signUp();
    const presented = await handOver();
    expect(await reasonOf(await redeem({ ...presented, verifier: newVerifier() }))).toBe("code_invalid");
    expect((await redeem(presented)).status).toBe(200);
  });

  test("is good for a minute (WEB-03)", async () => {
    await signUp();
    const [inTime, late] = [await handOver(), await handOver()];
    api.clock.advance(59_000);
    expect((await redeem(inTime)).status).toBe(200);
    api.clock.advance(1_000);
    expect(await reasonOf(await redeem(late))).toBe("code_invalid");
  });

  test("of twenty who bring it at once lets one in, and then ends that session, too", async () => {
    await signUp();
    const presented = await handOver();
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(presented)));
    const [winner, ...others] = answers.filter(({ status }) => status === 200);
    expect(others).toEqual([]);
    const issued = await winner?.json();
    expect(await statusWith(issued.result.data.accessToken)).toBe(401);
  });

  test("is no access token, and an access token, a refresh token and a state are no codes (CLM-09)", async () => {
    const { accessToken } = await signUp();
    const { code, verifier } = await handOver();
    const refreshToken = (await (await redeem({ code, verifier, refreshToken: "body" })).json()).result.data
      .refreshToken;
    const away = await goAway();
    for (const foreign of [accessToken, refreshToken, away.state, away.cookie, verifier]) {
      expect((await api.mutate("auth.redeem", { code: foreign, verifier })).status).toBe(400);
    }
    for (const foreign of [code, refreshToken, away.state, away.cookie, verifier]) {
      expect(await statusWith(foreign)).toBe(401);
    }
    expect(await statusWith(accessToken)).toBe(200);
    expect(await reasonOf(await api.mutate("auth.refresh", { refreshToken: code }))).toBe("refresh_token_invalid");
  });

  test("cannot be batched, nor redeemed from another site into a cookie", async () => {
    const presented = await handOver();
    const batch = await api.fetch("/api/trpc/auth.redeem,auth.redeem?batch=1", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ 0: presented, 1: presented }),
    });
    for (const { error } of await batch.json()) expect(error.data.reason).toBe("not_batchable");
    const foreign = await redeem(presented, { origin: "https://evil.test", "sec-fetch-site": "cross-site" });
    expect(await reasonOf(foreign)).toBe("origin_refused");
    expect(await reasonOf(await redeem(presented))).toBe("username_needed");
  });
});

describe("choosing a name", () => {
  test("may be tried again when the name is taken or none, for ten minutes, and once", async () => {
    await api.signUp("taken");
    const presented = await handOver();
    await redeem(presented);
    const choose = (username: string) => api.mutate("auth.signUpWithProvider", { ...presented, username });
    expect(await reasonOf(await choose("Taken"))).toBe("username_taken");
    expect(await reasonOf(await choose("not a name"))).toBe("input_invalid");
    api.clock.advance(599_000);
    expect((await choose("free")).status).toBe(200);
    expect(await reasonOf(await choose("another"))).toBe("code_invalid");

    const late = await handOver("late");
    await redeem(late);
    api.clock.advance(600_000);
    expect(await reasonOf(await api.mutate("auth.signUpWithProvider", { ...late, username: "late" }))).toBe(
      "code_invalid",
    );
  });

  test("is for who holds the verifier, after the code was redeemed", async () => {
    const presented = await handOver();
    const choose = (verifier: string) =>
      api.mutate("auth.signUpWithProvider", { ...presented, verifier, username: "ada" });
    expect(await reasonOf(await choose(presented.verifier))).toBe("code_invalid");
    await redeem(presented);
    expect(await reasonOf(await choose(newVerifier()))).toBe("code_invalid");
    expect(await reasonOf(await choose(presented.verifier))).toBe("code_invalid");
  });

  test("makes another account for another subject, and for the same subject elsewhere (OAU-07)", async () => {
    const one = await signUp("ada", "ada");
    const two = await signUp("eve", "eve");
    expect((await claimsOf(one.accessToken)).sub).not.toBe((await claimsOf(two.accessToken)).sub);
    expect(await reasonOf(await redeem(await handOver("ada", "other")))).toBe("username_needed");
  });

  test("links nothing to an account that has the same name already (OAU-07)", async () => {
    const local = await api.signUp("ada");
    const presented = await handOver("ada");
    expect(await reasonOf(await redeem(presented))).toBe("username_needed");
    expect(await reasonOf(await api.mutate("auth.signUpWithProvider", { ...presented, username: "ada" }))).toBe(
      "username_taken",
    );
    const methods = await api.query("auth.listSignInMethods", api.bearer(local.accessToken));
    expect((await methods.json()).result.data).toEqual({ password: true, providers: [] });
  });
});

describe("what somebody signs in with", () => {
  const methodsOf = async (token: string) =>
    (await (await api.query("auth.listSignInMethods", api.bearer(token))).json()).result.data;
  const link = async (token: string, presented: { code: string; verifier: string }) =>
    api.mutate("auth.linkProvider", presented, api.bearer(token));
  const unlink = (token: string, which: string) =>
    api.mutate("auth.unlinkProvider", { issuer: which }, api.bearer(token));
  const setPassword = (token: string, newPassword: string) =>
    api.mutate("auth.setPassword", { newPassword }, api.bearer(token));

  test("can be added to: who has a password links a provider, and comes in by it", async () => {
    const { accessToken, username } = await api.signUp();
    const answer = await link(accessToken, await handOver());
    expect((await answer.json()).result.data).toEqual({ issuer: "https://example.test", label: "The example" });
    expect(await methodsOf(accessToken)).toEqual({
      password: true,
      providers: [
        {
          issuer: "https://example.test",
          provider: "example",
          label: "The example",
          linkedAt: Math.floor(api.clock() / 1000),
        },
      ],
    });
    expect(await claimsOf((await signIn()).accessToken)).toMatchObject({ preferred_username: username });
  });

  test("does not take what is somebody else's, nor a second one of the same provider", async () => {
    await signUp("ada");
    const { accessToken } = await api.signUp();
    const taken = await (await link(accessToken, await handOver("ada"))).json();
    expect(taken.error.data).toMatchObject({ reason: "provider_account_taken", problem: "of_another_user" });
    expect((await link(accessToken, await handOver("bob"))).status).toBe(200);
    const second = await (await link(accessToken, await handOver("carol"))).json();
    expect(second.error.data).toMatchObject({ reason: "provider_account_taken", problem: "another_is_linked" });
  });

  test("takes no code of another browser's: an attacker's account is never linked to a victim's", async () => {
    const { accessToken } = await api.signUp();
    const attackers = await handOver("eve");
    expect(await reasonOf(await link(accessToken, { ...attackers, verifier: newVerifier() }))).toBe("code_invalid");
    expect((await methodsOf(accessToken)).providers).toEqual([]);
  });

  test("is changed within ten minutes of a sign-in, and not later, however often the token was renewed", async () => {
    await signUp();
    const begun = await redeem({ ...(await handOver()), refreshToken: "body" });
    const { refreshToken } = (await begun.json()).result.data;
    api.clock.advance(599_000);
    const late = (await (await api.mutate("auth.refresh", { refreshToken })).json()).result.data.accessToken;
    expect((await setPassword(late, password)).status).toBe(200);
    api.clock.advance(1_000);
    for (const answer of [
      await link(late, await handOver("bob", "other")),
      await unlink(late, "https://example.test"),
      await setPassword(late, password),
    ]) {
      expect([answer.status, await reasonOf(answer)]).toEqual([403, "reauthentication_required"]);
    }
    const { accessToken: fresh } = await signIn();
    expect((await unlink(fresh, "https://example.test")).status).toBe(200);
  });

  test("is not changed with a session that has ended", async () => {
    const { accessToken, sessionId } = await signUp();
    await api.mutate("auth.endSession", { sessionId }, api.bearer(accessToken));
    expect(await reasonOf(await unlink(accessToken, "https://example.test"))).toBe("token_revoked");
  });

  test("is taken away with the sessions that were begun by it elsewhere: they are refused at once, and renew nothing", async () => {
    await signUp();
    const elsewhere = (await (await redeem({ ...(await handOver()), refreshToken: "body" })).json()).result.data;
    const here = await signIn();
    expect((await setPassword(here.accessToken, password)).status).toBe(200);
    const unlinked = await (await unlink(here.accessToken, "https://example.test")).json();
    // That one, and the one of the sign-up.
    expect(unlinked.result.data).toEqual({ unlinked: 1, ended: 2 });
    expect(await reasonOf(await link(elsewhere.accessToken, await handOver("eve")))).toBe("token_revoked");
    const renewed = await api.mutate("auth.refresh", { refreshToken: elsewhere.refreshToken });
    expect(await reasonOf(renewed)).toBe("refresh_token_invalid");
    expect((await setPassword(here.accessToken, password)).status).toBe(409);
  });

  test("is never taken away altogether", async () => {
    const { accessToken } = await signUp();
    const refused = await unlink(accessToken, "https://example.test");
    expect([refused.status, await reasonOf(refused)]).toEqual([409, "last_way_in"]);
    expect((await setPassword(accessToken, password)).status).toBe(200);
    expect((await (await unlink(accessToken, "https://example.test")).json()).result.data).toEqual({
      unlinked: 1,
      ended: 0,
    });
    expect((await (await unlink(accessToken, "https://example.test")).json()).result.data).toEqual({
      unlinked: 0,
      ended: 0,
    });
    expect(await reasonOf(await redeem(await handOver()))).toBe("username_needed");
    expect((await api.mutate("auth.issueToken", { username: "ada", password })).status).toBe(200);
  });

  test("has a first password by choice, which must be a good one; a second one only in exchange for the first", async () => {
    const { accessToken } = await signUp();
    expect(await reasonOf(await api.mutate("auth.issueToken", { username: "ada", password }))).toBe(
      "credentials_invalid",
    );
    const change = { currentPassword: "", newPassword: password };
    const changed = await api.mutate("auth.changePassword", change, api.bearer(accessToken));
    expect(await reasonOf(changed)).toBe("input_invalid");
    const guessed = { currentPassword: "null or undefined", newPassword: password };
    expect(await reasonOf(await api.mutate("auth.changePassword", guessed, api.bearer(accessToken)))).toBe(
      "credentials_invalid",
    );
    expect(await reasonOf(await setPassword(accessToken, "too short"))).toBe("password_unacceptable");
    expect((await setPassword(accessToken, password)).status).toBe(200);
    expect(await reasonOf(await setPassword(accessToken, password))).toBe("password_exists");
    expect((await methodsOf(accessToken)).password).toBe(true);
  });

  test("lists the configured providers to anybody", async () => {
    expect((await (await api.query("auth.listProviders")).json()).result.data).toEqual([
      { provider: "example", label: "The example" },
      { provider: "other", label: "The other" },
    ]);
  });
});
