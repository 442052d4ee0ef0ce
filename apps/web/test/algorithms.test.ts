// Algorithms and secrets as settings of a whole server.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { signUp, startLimitMs, whoIs } from "./requests.ts";
import { freePort, startAndFail, startServer, withDataDir } from "./running-server.ts";

describe("algorithms and secrets", () => {
  const algorithmOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).alg;
  const kidOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;
  const newSecret = () => randomBytes(48).toString("base64url");

  async function rsaKeysFile(folder: string): Promise<string> {
    // Its signatures alone are longer than most tokens.
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 4096 });
    const file = join(folder, "keys.json");
    await writeFile(file, JSON.stringify({ keys: [privateKey.export({ format: "jwk" })] }), { mode: 0o600 });
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

  test(
    "a file of keys that changes is taken without a restart; one that is bad changes nothing, and is told of (F22)",
    () =>
      withDataDir(async (folder) => {
        const file = join(folder, "keys.json");
        const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
        const write = (keys: object[]) => writeFile(file, JSON.stringify({ keys }), { mode: 0o600 });
        const [first, second] = [newKey(), newKey()];
        await write([first]);
        const { url, stop, output } = await startServer(folder, { AUTH_KEYS_FILE: file });
        const published = async () => (await (await fetch(`${url}/.well-known/jwks.json`)).json()).keys.length;
        const { accessToken } = await signUp(url);

        await write([second, first]);
        await expect.poll(published, { timeout: 15_000 }).toBe(2);
        expect(kidOf((await signUp(url)).accessToken)).not.toBe(kidOf(accessToken));
        expect((await whoIs(url, accessToken)).status).toBe(200);

        const readiness = async () => (await fetch(`${url}/readyz`)).json();
        await writeFile(file, '{"keys":[');
        await expect.poll(readiness, { timeout: 15_000 }).toMatchObject({
          ready: true,
          checks: { keys: expect.stringContaining("last good") },
        });
        expect(await published()).toBe(2);
        expect(output()).toContain("The keys that were read before stay in use.");
        expect(output()).not.toMatch(/"d":/);
        expect(await stop()).toBe(0);
      }),
    startLimitMs,
  );

  test("a file of keys that everybody on the machine can read stops the start", () =>
    withDataDir(async (folder) => {
      const file = await rsaKeysFile(folder);
      await chmod(file, 0o644);
      const settings = {
        DATA_DIR: folder,
        PORT: String(await freePort()),
        AUTH_ALGORITHM: "RS256",
        AUTH_KEYS_FILE: file,
      };
      const { code, output } = await startAndFail(settings);
      expect(code).toBe(1);
      expect(output).toContain("every user of this machine can read it (chmod 600 mends that)");
    }));
});
