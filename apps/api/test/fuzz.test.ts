// Whatever somebody sends, over raw connections, to servers as processes of their own: answers of the contract and nothing else, no
// secret and no second line in the log, nothing that stays (SRV-06, SRV-07, SRV-08, PWD-14). A failure prints the seed of its request
// and its bytes; FUZZ_SEED repeats a campaign, FUZZ_REQUESTS makes it longer.

import { randomBytes, randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appRouter, endpoints } from "@signet/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCampaign } from "./fuzz/campaign.ts";
import { createFigures, type Figures } from "./fuzz/figures.ts";
import { type ObservedServer, startObserved } from "./fuzz/observed-server.ts";
import { refreshed, signUpCanary } from "./fuzz/people.ts";
import { doorsOf, proceduresOf, providerName, type Scene } from "./fuzz/scene.ts";
import { bentTokens } from "./fuzz/tokens.ts";
import { freePort } from "./running-api.ts";

const isLong = process.env["SIGNET_LONG_TESTS"] === "1";
const total = Number(process.env["FUZZ_REQUESTS"] ?? (isLong ? 1_000_000 : 4_000));
const seed = Number(process.env["FUZZ_SEED"] ?? randomInt(2 ** 31));
/** Between rounds there is a new token, so that it never runs out in one. */
const perRound = Math.min(Math.ceil(total / 4), 20_000);
const startLimitMs = 180_000;
const longestCampaignMs = 2 * 3_600_000;

const secret = randomBytes(32).toString("base64");
const folders: string[] = [];
const servers: ObservedServer[] = [];

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}, startLimitMs);

async function start(main: string, settings: Record<string, string>): Promise<ObservedServer> {
  const folder = await mkdtemp(join(tmpdir(), "signet fuzz "));
  folders.push(folder);
  const server = await startObserved(main, { DATA_DIR: folder, ...settings });
  servers.push(server);
  return server;
}

/** Runs rounds against a server, and looks at it after each. */
async function expectToWithstand(
  server: ObservedServer,
  { rounds, requests }: { rounds: number; requests: number },
  createScene: () => Promise<Scene>,
): Promise<Figures> {
  const figures = createFigures();
  await server.observe();
  for (let round = 0; round < rounds; round += 1) {
    const scene = await createScene();
    const { token, refreshToken } = scene.spender;
    server.log.forbid([scene.asker.token.split(".")[2] ?? "", token.split(".")[2] ?? "", refreshToken]);
    const outcome = await runCampaign({ port: server.port, scene, seed: seed + round, requests });
    expect(outcome.complaints.join("\n"), `FUZZ_SEED=${seed}, round ${round}`).toBe("");
    const observation = await server.observe();
    expect(observation.uncaught).toEqual([]);
    figures.add(outcome, observation);
  }
  expect(server.isAlive()).toBe(true);
  expect(server.log.complaints()).toEqual([]);
  // Good credentials were among them, and they were good.
  expect(figures.known()).toBeGreaterThan((rounds * requests) / 100);
  process.stdout.write(figures.text(server.log.lines()));
  return figures;
}

const client = `Basic ${Buffer.from(`fuzz:${secret}`).toString("base64")}`;

interface Issuer {
  server: ObservedServer;
  /** What its tokens say. */
  name: string;
  /** A new token of one person, and another person. */
  sceneAt(place: Place): Promise<Scene>;
}

type Place = Pick<Scene, "trpcPath" | "endpoints" | "procedures" | "hasPages">;

const atIssuer: Place = {
  trpcPath: "/api/trpc",
  endpoints: doorsOf(endpoints),
  procedures: proceduresOf(appRouter),
};

async function startIssuer(main: string): Promise<Issuer> {
  const port = String(await freePort());
  const name = `http://localhost:${port}`;
  const settings = {
    ACCESS_TOKEN_TTL_SECONDS: "900",
    RESOURCE_SERVER_CLIENTS: `fuzz:${secret}`,
    WORKERS: "1",
    // So that passwords are looked at, and not only who sends them.
    SIGN_INS_PER_ADDRESS: "1000000",
    SIGN_UPS_PER_ADDRESS: "1000000",
    // Nobody is there; who goes there comes back at once.
    [`OIDC_${providerName.toUpperCase()}_ISSUER`]: `http://localhost:${await freePort()}`,
    [`OIDC_${providerName.toUpperCase()}_CLIENT_ID`]: "signet",
  };
  const server = await start(main, { ...settings, PORT: port, APP_URL: name });
  let asker = await signUpCanary(server.url);
  return {
    server,
    name,
    async sceneAt(place) {
      asker = await refreshed(server.url, asker);
      return { ...place, asker, spender: await signUpCanary(server.url), bent: await bentTokens(asker.token), client };
    },
  };
}

let api: Issuer;

beforeAll(async () => {
  api = await startIssuer("apps/api/dist/main.js");
}, startLimitMs);

test(`the API answers ${total} requests of every kind as the contract says, and holds on to nothing of them`, {
  timeout: longestCampaignMs,
}, async () => {
  const options = { rounds: Math.ceil(total / perRound), requests: perRound };
  const figures = await expectToWithstand(api.server, options, () => api.sceneAt(atIssuer));
  expect(figures.heapGrowthMebibytes()).toBeLessThan(8);
});

test(`so does a service that verifies tokens by itself, ${total / 10} requests`, {
  timeout: longestCampaignMs,
}, async () => {
  const notes = await start("apps/resource-server/dist/main.js", {
    ISSUER_URL: api.name,
    CLIENT_ID: "fuzz",
    CLIENT_SECRET: secret,
  });
  const place: Place = {
    trpcPath: "/trpc",
    endpoints: doorsOf({ "/protected": ["GET"], "/healthz": ["GET"], "/readyz": ["GET"], "/metrics": ["GET"] }),
    procedures: [
      { path: "notes.list", type: "query", fields: [], isPublic: false },
      { path: "notes.add", type: "mutation", fields: ["text"], isPublic: false },
      { path: "notes.remove", type: "mutation", fields: ["id"], isPublic: false },
    ],
  };
  await expectToWithstand(notes, { rounds: 2, requests: total / 20 }, () => api.sceneAt(place));
});

test(`so does the web app's own server, with its pages, ${total / 10} requests`, {
  timeout: longestCampaignMs,
}, async () => {
  const web = await startIssuer("apps/web/dist/server/main.js");
  const place: Place = { ...atIssuer, hasPages: true };
  await expectToWithstand(web.server, { rounds: 2, requests: total / 20 }, () => web.sceneAt(place));
});
