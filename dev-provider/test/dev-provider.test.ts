// What whoever starts the provider may rely on. That a relying party gets along with it is shown in packages/accounts/test/oidc.

import { spawnSync } from "node:child_process";
import { afterAll, expect, test } from "vitest";
import { startDevProvider } from "../src/dev-provider.ts";
import { signInPage } from "../src/sign-in-page.ts";
import { visitProvider } from "../src/visit.ts";

const redirectUri = "https://app.example/callback";
const client = { clientId: "app", redirectUris: [redirectUri] };
const provider = await startDevProvider({ clients: [client] });
afterAll(() => provider.close());

const request = {
  client_id: "app",
  response_type: "code",
  redirect_uri: redirectUri,
  scope: "openid profile",
  state: "state",
  code_challenge: "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM",
  code_challenge_method: "S256",
};

function addressWith(changes: Partial<Record<keyof typeof request, string>>): URL {
  return new URL(`${provider.issuer}/auth?${new URLSearchParams({ ...request, ...changes })}`);
}

test("any name is a person, whoever cancels comes back with an error, and the issuer is named both times", async () => {
  const signedIn = await visitProvider(addressWith({}), { name: "Ada" });
  expect(signedIn.searchParams.get("code")).toMatch(/^[\w-]{43}$/);
  const cancelled = await visitProvider(addressWith({}), {});
  expect(cancelled.searchParams.get("error")).toBe("access_denied");
  for (const { origin, pathname, searchParams } of [signedIn, cancelled]) {
    expect(origin + pathname).toBe(redirectUri);
    expect(searchParams.get("iss")).toBe(provider.issuer);
    expect(searchParams.get("state")).toBe("state");
  }
});

test("several people can be tried from one browser, one after the other", async () => {
  const cookies = new Map<string, string>();
  for (const name of ["Ada", "Grace", "Ada"]) {
    const back = await visitProvider(addressWith({}), { name, cookies });
    expect(back.searchParams.get("code"), name).toMatch(/^[\w-]{43}$/);
  }
  expect(cookies.size).toBeGreaterThan(0);
});

test("PKCE is demanded, and by S256", async () => {
  for (const method of ["", "plain"]) {
    const back = await visitProvider(addressWith({ code_challenge_method: method }), { name: "Ada" });
    expect(back.searchParams.get("error")).toBe("invalid_request");
  }
});

test("who is no client, or names another address, is shown a page and sent nowhere", async () => {
  for (const changes of [{ client_id: "nobody" }, { redirect_uri: "https://evil.example/callback" }]) {
    const response = await fetch(addressWith(changes), { redirect: "manual" });
    expect(response.status).toBe(400);
    expect(response.headers.get("Location")).toBeNull();
    expect(await response.text()).toContain("<h1>Example ID</h1>");
  }
});

test("a sign-in that is over, or of another browser, is told so", async () => {
  const response = await fetch(`${provider.issuer}/interaction/made-up`);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("Please begin again.");
});

test("the page loads nothing, and what others called themselves stays text", () => {
  const evil = `"><script>alert('1')</script>`;
  const page = signInPage({ title: evil, client: evil, action: evil });
  expect(page).not.toMatch(/<script|src=|@import|url\(|https?:/);
});

test("the library's warnings go nowhere, other warnings still come", () => {
  const program = `
    import { startDevProvider } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
    const provider = await startDevProvider({ clients: [] });
    await fetch(provider.issuer + "/.well-known/openid-configuration");
    console.warn("mine");
    await provider.close();`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "mine\n" });
});

test("a port that is taken is an error, and what was begun is ended with it", async () => {
  const port = Number(new URL(provider.issuer).port);
  await expect(startDevProvider({ port, clients: [] })).rejects.toMatchObject({ code: "EADDRINUSE" });
});
