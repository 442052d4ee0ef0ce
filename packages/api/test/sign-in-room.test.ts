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

test("a busy server fills no error log", async () => {
  const busy = () => Promise.reject(new AuthError("busy", "Too many people are signing in."));
  const api = await createTestApi({ accounts: { issueToken: busy } });
  expect((await api.mutate("auth.issueToken", { username: "ada", password })).status).toBe(503);
  const basic = { authorization: `Basic ${btoa(`ada:${password}`)}` };
  expect((await api.fetch("/auth/issue-new-token", { method: "POST", headers: basic })).status).toBe(503);
  expect(api.log.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
});
