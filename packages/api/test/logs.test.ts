import { describe, expect, test } from "vitest";
import { createLogger } from "../src/log.ts";
import { createTestApi, password } from "./test-api.ts";

const canary = "canary-7f3a9";

describe("logs", () => {
  test("hold no token, cookie or password, whatever goes wrong (SRV-08, PWD-14)", async () => {
    const broken = () => Promise.reject(new Error("inside"));
    for (const api of [
      await createTestApi(),
      await createTestApi({ accounts: { signUp: broken, issueToken: broken } }),
    ]) {
      const credentials = { username: "ada", password: `a long ${canary} password` };
      await api.mutate("auth.signUp", credentials, { cookie: `session=${canary}` });
      await api.mutate("auth.issueToken", credentials);
      await api.mutate("auth.issueToken", { ...credentials, [canary]: canary });
      await api.mutate(`auth.${canary}`, credentials);
      await api.fetch("/auth/issue-new-token", {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`ada:${canary} ${canary} ${canary}`)}` },
      });
      const { accessToken } = await (await createTestApi()).signUp();
      await api.query("auth.whoami", api.bearer(accessToken));
      await api.query(`auth.whoami?token=${canary}`, api.bearer(canary));
      await api.fetch(`/api/${canary}`, { headers: api.bearer(`${canary}.${canary}.${canary}`) });
      const text = api.log.join("");
      expect(text).not.toContain(canary);
      expect(text).not.toContain(btoa(canary).slice(0, 8));
      expect(text).not.toContain("eyJ");
    }
  });

  test("are one JSON object a line, whatever a value holds (SRV-07)", () => {
    const lines: string[] = [];
    const log = createLogger("info", { write: (line: string) => void lines.push(line) });
    const username = 'eve\n{"level":30,"msg":"forged"}\r\u001b[31m\u0085\u009b31m\u2028\u2029';
    log.info({ username }, "signed\nin");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toMatch(/\p{Cc}|\p{Zl}|\p{Zp}/u);
    expect(JSON.parse(lines[0] ?? "").username).toBe(username);
  });

  test("mask what somebody hands over by mistake", () => {
    const lines: string[] = [];
    const log = createLogger("info", { write: (line: string) => void lines.push(line) });
    log.info({
      password: canary,
      request: { headers: { authorization: canary, cookie: canary } },
      answer: { accessToken: canary },
    });
    expect(lines.join("")).not.toContain(canary);
  });

  test("say of an error its name, message and code, and leave its other properties out", () => {
    const lines: string[] = [];
    const log = createLogger("info", { write: (line: string) => void lines.push(line) });
    const cause = Object.assign(new Error("duplicate key"), { code: "23505", parameters: [canary], query: canary });
    log.error({ err: new Error("storage", { cause }) }, "failed");
    expect(lines.join("")).not.toContain(canary);
    expect(JSON.parse(lines[0] ?? "").err.cause).toMatchObject({ message: "duplicate key", code: "23505" });
  });

  test("tell of each thing that happens to a session: which, from where, with what result (PWD-17)", async () => {
    const api = await createTestApi();
    const answer = await api.mutate("auth.signUp", { username: "ada", password, refreshToken: "body" });
    const { accessToken, refreshToken, sessionId } = (await answer.json()).result.data;
    await api.mutate("auth.issueToken", { username: "ada", password: "not the password" });
    await api.mutate("auth.refresh", { refreshToken });
    await api.mutate("auth.refresh", { refreshToken: "nonsense" });
    await api.mutate("auth.signOut", undefined, api.bearer(accessToken));
    const told = api.log.map((line) => JSON.parse(line)).filter(({ event }) => event !== undefined);
    const address = "192.0.2.1";
    expect(told).toMatchObject([
      { event: "sign_up", result: "ok", sessionId, address, time: expect.anything() },
      { event: "sign_in", result: "credentials_invalid", address },
      { event: "refresh", result: "ok", sessionId, address },
      { event: "refresh", result: "refresh_token_invalid", address },
      { event: "end_session", ended: 1, sessionId },
    ]);
    expect(api.log.join("")).not.toContain(refreshToken);
  });
});
