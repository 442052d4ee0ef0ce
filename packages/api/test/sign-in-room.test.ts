import { AuthError } from "@signet/auth/errors";
import { expect, test } from "vitest";
import { withSignInRoom } from "../src/sign-in-room.ts";
import { createTestApi, password } from "./test-api.ts";

test("who finds no room is told at once, before anybody is asked; there is room again when somebody is through (F44, PWD-11)", async () => {
  const waiting: (() => void)[] = [];
  const refuse = () =>
    new Promise<never>((_resolve, reject) => {
      waiting.push(() => reject(new AuthError("credentials_invalid", "No.")));
    });
  const { services } = await createTestApi();
  const accounts = withSignInRoom({ ...services.accounts, issueToken: refuse, signUp: refuse }, 3);
  const client = { address: null, device: null };
  const credentials = { username: "ada", password };
  const inside = [1, 2].map(() => accounts.issueToken(credentials, client));
  inside.push(accounts.signUp(credentials, client));
  await expect(accounts.issueToken(credentials, client)).rejects.toMatchObject({ reason: "busy" });
  expect(waiting).toHaveLength(3);
  waiting[0]?.();
  await expect(inside[0]).rejects.toMatchObject({ reason: "credentials_invalid" });
  const next = accounts.issueToken(credentials, client);
  expect(waiting).toHaveLength(4);
  for (const through of waiting) through();
  await Promise.allSettled([...inside, next]);
});

test("one network takes a quarter of the room and no more, right password or not: others still get in (F44, PWD-11)", async () => {
  const waiting: (() => void)[] = [];
  const refuse = () =>
    new Promise<never>((_resolve, reject) => {
      waiting.push(() => reject(new AuthError("credentials_invalid", "No.")));
    });
  const { services } = await createTestApi();
  const accounts = withSignInRoom({ ...services.accounts, issueToken: refuse, changePassword: refuse }, 8);
  const credentials = { username: "mallory", password };
  const from = (address: string) => accounts.issueToken(credentials, { address, device: null });
  // Two addresses of one IPv6 household are one network.
  const inside = ["2001:db8:0:1::1", "2001:db8:0:1::2"].map(from);
  await expect(from("2001:db8:0:1::3")).rejects.toMatchObject({ reason: "busy", retryAfterSeconds: 1 });
  const change = { currentPassword: password, newPassword: password };
  const changing = accounts.changePassword({ sub: "id", sid: "session" }, change, {
    address: "2001:db8:0:1::4",
    device: null,
  });
  await expect(changing).rejects.toMatchObject({ reason: "busy" });
  inside.push(from("2001:db8:0:2::1"));
  expect(waiting).toHaveLength(3);
  waiting[0]?.();
  await expect(inside[0]).rejects.toMatchObject({ reason: "credentials_invalid" });
  inside.push(from("2001:db8:0:1::5"));
  expect(waiting).toHaveLength(4);
  for (const through of waiting) through();
  await Promise.allSettled(inside);
});

test("a busy server fills no error log", async () => {
  const busy = () => Promise.reject(new AuthError("busy", "Too many people are signing in."));
  const api = await createTestApi({ accounts: { issueToken: busy } });
  expect((await api.mutate("auth.issueToken", { username: "ada", password })).status).toBe(503);
  const basic = { authorization: `Basic ${btoa(`ada:${password}`)}` };
  expect((await api.fetch("/auth/issue-new-token", { method: "POST", headers: basic })).status).toBe(503);
  expect(api.log.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
});
