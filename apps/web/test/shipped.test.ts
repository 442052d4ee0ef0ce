// What browsers are sent: every file of the build and every page, searched for what they must not hold; and what is on the
// machine besides, which is not sent.

import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, signUp, startLimitMs } from "./requests.ts";
import { type RunningServer, startServer } from "./running-server.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const staticFolder = join(repository, "apps/web/.next/static");
const pages = ["/", "/sign-in", "/sign-up", "/account", "/notes", "/nowhere", "/_global-error"];
const words = (text: string) => text.trim().split(/\s+/);
const secrets = { auth: randomBytes(48).toString("base64url"), client: randomBytes(48).toString("base64url") };

let dataDir: string;
let server: RunningServer;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  server = await startServer(dataDir, {
    AUTH_SECRET: secrets.auth,
    RESOURCE_SERVER_CLIENTS: `notes:${secrets.client}`,
  });
}, startLimitMs);

afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}, startLimitMs);

describe("what browsers are sent (WEB-15, KEY-20)", () => {
  test("no secret, no setting by name, nothing of the server's code, no place on the machine", async () => {
    // `PORT` and `HOST` are words that any program has.
    const names = [
      ...(await readFile(join(repository, ".env.example"), "utf8")).matchAll(/^#? ?([A-Z]+_[A-Z0-9_]+)=/gm),
    ];
    expect(names.length).toBeGreaterThan(20);
    const code = words(`
      process.env. NEXT_PUBLIC_ createPrivateKey node:fs node:crypto signet/1/sign argon2 PrismaClient @prisma pglite pino
      postgresql:// sourceMappingURL
    `);
    const forbidden = [
      ...names.map(([, name = ""]) => name),
      ...Object.values(secrets),
      ...Object.values(secrets).map((secret) => Buffer.from(secret).toString("base64").slice(0, -4)),
      dataDir,
      repository,
      "PRIVATE KEY",
      "INSERT INTO",
      ...code,
    ];
    const { accessToken } = await signUp(server.url);
    const found: string[] = [];
    for (const [name, text] of [...(await files()), ...(await shown(`Bearer ${accessToken}`))]) {
      for (const word of [...forbidden, accessToken]) if (text.includes(word)) found.push(`${name}: ${word}`);
    }
    expect(found).toEqual([]);
  });

  test("no map back to the source of any file", async () => {
    const statuses = await Promise.all(
      (await files()).map(async ([name]) => (await ask(server.url, `/_next/static/${name}.map`)).status),
    );
    expect(statuses.length).toBeGreaterThan(10);
    expect(new Set(statuses)).toEqual(new Set([404]));
  });

  async function files(): Promise<(readonly [name: string, text: string])[]> {
    const names = (await readdir(staticFolder, { recursive: true })).filter((name) => /\.\w+$/.test(name));
    return Promise.all(names.map(async (name) => [name, await readFile(join(staticFolder, name), "latin1")] as const));
  }

  async function shown(authorization: string): Promise<(readonly [name: string, text: string])[]> {
    const asked = [
      ...pages.map((path) => [path, {}] as const),
      ...pages.map((path) => [`${path}?_rsc`, { rsc: "1" }] as const),
      ["/.well-known/jwks.json", {}] as const,
      ["/.well-known/oauth-authorization-server", {}] as const,
    ];
    return Promise.all(
      asked.map(async ([path, headers]) => {
        const got = await ask(server.url, path, { headers: { ...headers, authorization } });
        return [`${path} ${JSON.stringify(headers)}`, JSON.stringify(got.headers) + got.body] as const;
      }),
    );
  }
});

describe("what is not sent", () => {
  const files = words(`
    /.env /.env.local /.env.production /.git/HEAD /.git/config /.npmrc /.DS_Store /package.json /pnpm-lock.yaml
    /next.config.ts /tsconfig.json /node_modules/next/package.json /src/proxy.ts /dist/server/main.js
    /.next/BUILD_ID /.data/auth-secret /auth-secret /postgres /_next/BUILD_ID /_next/routes-manifest.json
    /_next/required-server-files.json /_next/trace /_next/server/app/page.js /_next/server/app/page.js.map
    /_next/server/middleware.js.map
  `);
  const wayOut = ["..", "%2e%2e", ".%2e", "..%2f..", "..%5c..", "%252e%252e", "..;"].map(
    (dots) => `/_next/static/${dots}/${dots}/package.json`,
  );
  const tools = words(`
    /_next/webpack-hmr /_next/mcp /_next/image?url=%2Ficon.svg&w=64&q=75
    /_next/development/_devPagesManifest.json /__nextjs_original-stack-frame /__nextjs_original-stack-frames
    /__nextjs_source-map /__nextjs_font/x /__nextjs_error_feedback /__nextjs_restart_dev
    /__nextjs_devtools_config /__nextjs_launch-editor?file=x /api/panel /api/trpc-panel /panel /api/trpc
    /api/docs /api/openapi.json /graphql /debug /debug/pprof/ /server-status /actuator/env /console /prisma
    /_debug /json/list
  `);

  test.each([...files, ...wayOut, ...tools])("%s is not there, and says nothing of why", async (path) => {
    const got = await ask(server.url, path);
    // Where an address ends with a slash Next first says how it is spelt.
    const { location } = got.headers;
    const last = location === undefined ? got : await ask(server.url, location);
    expect(last.status).toBe(404);
    expect(last.body).not.toMatch(/\.tsx?:\d|\.js:\d| at \w+ \(|"stack"|"version"/);
  });
});
