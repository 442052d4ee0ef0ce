// The API where a platform runs Next by itself, and our own server is not in front.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedServices } from "@signet/server";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { handle } from "../src/server/route-handlers.ts";
import { startLimitMs } from "./requests.ts";

let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  const settings = {
    DATA_DIR: dataDir,
    APP_URL: "https://signet.example",
    TRUSTED_PROXY_HOPS: "1",
    LOG_LEVEL: "silent",
  };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  const services = await sharedServices(() => Promise.reject(new Error("The test opened none.")));
  await services.close();
  await rm(dataDir, { recursive: true, force: true });
}, startLimitMs);

test(
  "what came by http to the platform's proxy is refused, except for health",
  async () => {
    const statusBy = async (proto: string, path: string) =>
      (await handle(new Request(`http://inside${path}`, { headers: { "x-forwarded-proto": proto } }))).status;
    for (const path of ["/api/protected", "/api/trpc/auth.whoami", "/.well-known/jwks.json"]) {
      expect(await statusBy("http", path), path).toBe(403);
    }
    expect(await statusBy("https", "/.well-known/jwks.json")).toBe(200);
    expect(await statusBy("https", "/api/protected")).toBe(401);
    expect(await statusBy("http", "/readyz")).toBe(200);
  },
  startLimitMs,
);
