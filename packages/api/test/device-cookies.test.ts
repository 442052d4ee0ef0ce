// The cookies by which a device is known to the accounts that signed in on it.

import { describe, expect, test } from "vitest";
import { createDeviceCookies } from "../src/http/device-cookies.ts";
import { createTestApi, issuer, password } from "./test-api.ts";

const path = "/api/trpc/auth.issueToken";
const cookies = createDeviceCookies({ secure: true, path });
const nameOf = (number: number) => `account${String(number).padStart(9, "0")}`;
const requestWith = (cookie: string) => new Request(issuer, { headers: { cookie } });
const manyAccounts = (count: number) =>
  Array.from({ length: count }, (_, number) => `__Secure-signet_device_${nameOf(number)}=mark${number}`).join("; ");

describe("cookies of known devices", () => {
  test("are found by their names, and nothing else is", () => {
    const request = requestWith(
      `other=1; __Secure-signet_device_${nameOf(1)}=a.1.2.b; signet_device_${nameOf(2)}=plain; __Secure-signet_device_short=x; ` +
        `__Secure-signet_device_${nameOf(3)}=<script>; __Secure-signet_refresh_${nameOf(4)}=y`,
    );
    expect([...cookies.read(request)]).toEqual([[nameOf(1), "a.1.2.b"]]);
  });

  test("are kept for ten accounts: the oldest give way, so that a shared browser's headers stay small", () => {
    const set = cookies.set({ name: nameOf(99), mark: "new" }, requestWith(manyAccounts(12)));
    const [kept, ...cleared] = set;
    expect(kept).toBe(
      `__Secure-signet_device_${nameOf(99)}=new; Max-Age=7776000; Path=${path}; HttpOnly; SameSite=Strict; Secure`,
    );
    expect(cleared.map((cookie) => cookie.split("=", 1)[0])).toEqual(
      [0, 1, 2].map((number) => `__Secure-signet_device_${nameOf(number)}`),
    );
    for (const cookie of cleared) expect(cookie).toContain("Max-Age=0");
  });

  test("of an account that is there already, the new one takes its place", () => {
    expect(cookies.set({ name: nameOf(3), mark: "new" }, requestWith(manyAccounts(10)))).toHaveLength(1);
  });

  test("outside of https have no Secure and no prefix", () => {
    const plain = createDeviceCookies({ secure: false, path });
    expect(plain.set({ name: nameOf(1), mark: "m" }, requestWith(""))).toEqual([
      `signet_device_${nameOf(1)}=m; Max-Age=7776000; Path=${path}; HttpOnly; SameSite=Strict`,
    ]);
  });
});

describe("a sign-in in a browser", async () => {
  const api = await createTestApi();
  const deviceCookies = (answer: Response) =>
    answer.headers.getSetCookie().filter((cookie) => cookie.includes("signet_device_"));

  test.each(["auth.signUp", "auth.issueToken"])("%s makes the device known", async (procedure) => {
    const answer = await api.mutate(procedure, { username: "ada", password });
    expect(answer.status).toBe(200);
    expect(deviceCookies(answer)).toHaveLength(1);
  });

  test("presents what the device keeps, and is no one's credential", async () => {
    const [cookie = ""] = deviceCookies(await api.mutate("auth.issueToken", { username: "ada", password }));
    const [pair = ""] = cookie.split(";", 1);
    const wrong = await api.mutate(
      "auth.issueToken",
      { username: "ada", password: "wrong, wrong, wrong" },
      { cookie: pair },
    );
    expect(wrong.status).toBe(401);
    expect(wrong.headers.getSetCookie()).toEqual([]);
    expect((await api.query("auth.whoami", { cookie: pair })).status).toBe(401);
  });

  test.each(["body", "none"])(
    "that keeps no cookie for its refresh token keeps none for this: %s",
    async (refreshToken) => {
      const answer = await api.mutate("auth.issueToken", { username: "ada", password, refreshToken });
      expect(answer.headers.getSetCookie()).toEqual([]);
    },
  );
});
