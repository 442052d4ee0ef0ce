// How a server begins and ends, and what it says when it cannot begin.

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { signUp, startLimitMs, whoIs } from "./requests.ts";
import { freePort, launchServer, startAndFail, startServer, withDataDir } from "./running-server.ts";

describe("start and stop", () => {
  test(
    "SIGTERM ends it with 0; after the restart the same people and the same tokens are known (SRV-05)",
    () =>
      withDataDir(async (folder) => {
        const port = String(await freePort());
        const first = await startServer(folder, { PORT: port });
        const { username, accessToken } = await signUp(first.url);
        expect(await first.stop("SIGTERM")).toBe(0);
        const second = await startServer(folder, { PORT: port });
        expect((await whoIs(second.url, accessToken)).status).toBe(200);
        expect((await signUp(second.url, username)).status).toBe(409);
        expect(await second.stop("SIGINT")).toBe(0);
      }),
    startLimitMs,
  );

  test(
    "kill -9 in the midst of sign-ups loses nobody who got an answer",
    () =>
      withDataDir(async (folder) => {
        const manySignUps = { SIGN_UPS_PER_ADDRESS: "100000" };
        const first = await startServer(folder, manySignUps);
        const acknowledged: string[] = [];
        const lane = async (number: number) => {
          for (let i = 0; i < 1000; i += 1) {
            const username = `p${number}-${i}`;
            const { status } = await signUp(first.url, username).catch(() => ({ status: 0 }));
            if (status !== 200) return;
            acknowledged.push(username);
          }
        };
        const lanes = [1, 2, 3, 4].map(lane);
        while (acknowledged.length < 40) await new Promise((resolve) => setTimeout(resolve, 5));
        await first.stop("SIGKILL");
        await Promise.all(lanes);

        const second = await startServer(folder, manySignUps);
        for (const username of acknowledged) expect((await signUp(second.url, username)).status, username).toBe(409);
        expect(await second.stop()).toBe(0);
      }),
    startLimitMs,
  );

  test("a port in use: one sentence that says what to do, and exit code 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const { code, output } = await startAndFail({ PORT: String(port) });
    other.close();
    expect(code).toBe(1);
    expect(output.trim()).toBe(
      `Signet did not start. Port ${port} is in use by another program. Stop it, or choose another port: PORT=${Number(port) + 1} npm start`,
    );
  });

  test.each([
    [
      { ACCESS_TOKEN_TTL_SECONDS: "5m" },
      'ACCESS_TOKEN_TTL_SECONDS must be a number of seconds from 1 to 900; found "5m".',
    ],
    [{ APP_URL: "http://signet.example" }, "APP_URL must be https outside localhost"],
    [
      { AUTH_ALGORITHM: "RS256", AUTH_KEYS_FILE: "/nowhere/keys.json" },
      "AUTH_KEYS_FILE must be the path of a private JWK Set",
    ],
    [{ AUTH_SECRET: "short" }, "AUTH_SECRET"],
    [{ AUTH_SECRET: "changeme".repeat(8) }, "AUTH_SECRET"],
    [{ AUTH_ALGORITHM: "HS256", AUTH_HS256_SECRET: "short" }, "AUTH_HS256_SECRET"],
    [{ DATA_DIR: import.meta.filename }, "Set DATA_DIR to a folder that this user may write to"],
    [
      { DATABASE_URL: "postgresql://u:canary#x@127.0.0.1/db", AUTH_SECRET: "x" },
      "DATABASE_URL must be a PostgreSQL address",
    ],
    [
      {
        AUTH_AUDIENCE: Array.from(
          { length: 40 },
          (_, i) => `https://a-rather-long-name-${i}.services.example/resource`,
        ).join(),
      },
      "Tokens would be too long",
    ],
  ] as [Record<string, string>, string][])(
    "a bad setting %j: one sentence, exit code 1, and nothing listens (KEY-04)",
    (settings, sentence) =>
      withDataDir(async (folder) => {
        const { code, output } = await startAndFail({ DATA_DIR: folder, PORT: String(await freePort()), ...settings });
        expect(code).toBe(1);
        expect(output).toContain(sentence);
        expect(output).not.toMatch(/\n\s+at |canary/);
        // A database that had been opened is closed: nobody owns its folder any more.
        const left = await readdir(folder, { recursive: true });
        expect(left.filter((name) => name.endsWith(".sock"))).toEqual([]);
      }),
    startLimitMs,
  );

  test("a Node.js that is too old: one sentence, and nothing is begun", () => {
    const pretend = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.4" } })';
    const start = fileURLToPath(new URL("../../../scripts/start.mjs", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, ["--import", `data:text/javascript,${pretend}`, start]);
    expect(status).toBe(1);
    expect(stderr.toString().trim()).toMatch(/^Signet needs Node\.js 20\.19 or newer; this is 18\.20\.4\./);
  });

  test(
    "a PostgreSQL that cannot be reached does not stop it: alive, not ready, and says so",
    async () => {
      const { url, stop } = await launchServer({
        DATABASE_URL: `postgresql://nobody@127.0.0.1:${await freePort()}/signet`,
        AUTH_SECRET: randomBytes(48).toString("base64url"),
      });
      const checks = async (): Promise<{ status: number; body: { checks?: { database?: string } } }> => {
        const answer = await fetch(`${url}/readyz`).catch(() => undefined);
        return answer === undefined ? { status: 0, body: {} } : { status: answer.status, body: await answer.json() };
      };
      let seen = await checks();
      while (seen.body.checks?.database === undefined) seen = await checks();
      expect(seen).toMatchObject({ status: 503, body: { ready: false, checks: { database: "unreachable" } } });
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      const refused = await whoIs(url, "e30.e30.AA");
      expect(refused.status).toBe(401);
      const signIn = await signUp(url);
      expect(signIn.status).toBe(503);
      expect(await stop()).toBe(0);
    },
    startLimitMs,
  );
});
