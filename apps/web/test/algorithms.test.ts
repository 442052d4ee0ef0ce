// Algorithms and secrets as settings of a whole server.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { signUp, startLimitMs, whoIs } from "./requests.ts";
import { freePort, startServer, withDataDir } from "./running-server.ts";

describe("algorithms and secrets", () => {
  const algorithmOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).alg;
  const newSecret = () => randomBytes(48).toString("base64url");

  async function rsaKeysFile(folder: string): Promise<string> {
    // Its signatures alone are longer than most tokens.
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 4096 });
    const file = join(folder, "keys.json");
    await writeFile(file, JSON.stringify({ keys: [privateKey.export({ format: "jwk" })] }));
    return file;
  }

  test.each([
    ["ES256", 1, async () => ({})],
    ["Ed25519", 1, async () => ({})],
    ["RS256", 1, async (folder: string) => ({ AUTH_KEYS_FILE: await rsaKeysFile(folder) })],
    ["HS256", 0, async () => ({})],
    ["HS256", 0, async () => ({ AUTH_HS256_SECRET: newSecret() })],
  ] as [string, number, (folder: string) => Promise<Record<string, string>>][])(
    "%s as a setting signs and verifies, and publishes %d keys (KEY-22)",
    (algorithm, published, more) =>
      withDataDir(async (folder) => {
        const running = await startServer(folder, { AUTH_ALGORITHM: algorithm, ...(await more(folder)) });
        const { accessToken } = await signUp(running.url);
        expect(algorithmOf(accessToken)).toBe(algorithm);
        expect((await whoIs(running.url, accessToken)).status).toBe(200);
        const { keys } = await (await fetch(`${running.url}/.well-known/jwks.json`)).json();
        expect(keys).toHaveLength(published);
        expect(JSON.stringify(keys)).not.toMatch(/"(d|p|q|dp|dq|qi|oth|k)":/);
        expect(await running.stop()).toBe(0);
      }),
    startLimitMs,
  );

  test(
    "a changed AUTH_SECRET, and a changed algorithm, sign nobody out",
    () =>
      withDataDir(async (folder) => {
        const settings = { PORT: String(await freePort()), AUTH_SECRET: newSecret() };
        const first = await startServer(folder, settings);
        const { accessToken } = await signUp(first.url);
        await first.stop();
        const second = await startServer(folder, { ...settings, AUTH_SECRET: newSecret(), AUTH_ALGORITHM: "Ed25519" });
        expect((await whoIs(second.url, accessToken)).status).toBe(200);
        expect((await signUp(second.url)).status).toBe(200);
        await second.stop();
      }),
    startLimitMs,
  );

  test(
    "two servers that start for the first time at once agree on the key, and on one database",
    () =>
      withDataDir(async (folder) => {
        const shared = { APP_URL: "http://localhost:3000" };
        const [one, other] = await Promise.all([startServer(folder, shared), startServer(folder, shared)]);
        const { accessToken, username } = await signUp(one.url);
        expect((await whoIs(other.url, accessToken)).status).toBe(200);
        expect((await signUp(other.url, username)).status).toBe(409);
        const sets = await Promise.all(
          [one, other].map(async ({ url }) => (await fetch(`${url}/.well-known/jwks.json`)).text()),
        );
        expect(sets[0]).toBe(sets[1]);
        await Promise.all([one.stop(), other.stop()]);
      }),
    startLimitMs,
  );
});
