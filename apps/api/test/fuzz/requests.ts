// One request from one seed.

import { awkwardText, secretCanary } from "./awkward-texts.ts";
import { brokenRequest, cutRequest } from "./broken-requests.ts";
import { type Chance, createChance } from "./chance.ts";
import { credentials } from "./credentials.ts";
import { elsewhere, endpointCall } from "./endpoint-calls.ts";
import { type FuzzRequest, framed, type Message } from "./messages.ts";
import type { Scene } from "./scene.ts";
import { trpcCall } from "./trpc-calls.ts";

/** The same seed makes the same request, for the same scene. */
export function makeRequest(seed: number, scene: Scene): FuzzRequest {
  const chance = createChance(seed);
  if (chance.often(0.06)) return { seed, ...brokenRequest(chance, scene) };
  const { message, mayKnow, status } = chance.weighted<{ message: Message; mayKnow: boolean; status?: number }>([
    [45, () => trpcCall(chance, scene)],
    [25, () => endpointCall(chance, scene)],
    [15, () => plainBearer(chance, scene)],
    [12, () => elsewhere(chance, scene)],
  ]);
  const noisy = status === undefined ? { ...message, headers: [...message.headers, ...noise(chance)] } : message;
  const request: FuzzRequest = { seed, ...framed(chance, noisy), mayKnow, ...(status === undefined ? {} : { status }) };
  if (changesConnection(noisy)) request.end = "may close";
  return chance.often(0.02) ? cutRequest(chance, request) : request;
}

/** Nothing but the credentials decides here. */
function plainBearer(chance: Chance, scene: Scene): { message: Message; mayKnow: boolean; status: number } {
  const { headers, isGood, status } = credentials(chance, scene, scene.asker.token);
  const whoami = scene.procedures.find(
    ({ type, fields, isPublic }) => type === "query" && fields.length === 0 && !isPublic,
  );
  const targets = [
    ...scene.endpoints.filter(({ path }) => path.endsWith("/protected")).map(({ path }) => path),
    ...(whoami === undefined ? [] : [`${scene.trpcPath}/${whoami.path}`]),
  ];
  const target = targets[chance.below(targets.length)] ?? "/";
  return { message: { method: "GET", target, headers }, mayKnow: isGood, status };
}

const upgrades = new Set(["connection", "upgrade", "expect"]);

function changesConnection({ method, target, headers }: Message): boolean {
  return method === "TRACE" || !target.startsWith("/") || headers.some(([name]) => upgrades.has(name.toLowerCase()));
}

/** Headers that should change nothing. */
function noise(chance: Chance): [string, string][] {
  if (chance.often(0.5)) return [];
  const origin = [
    "http://localhost:3000",
    "http://localhost",
    "https://other.example",
    "null",
    "",
    "__proto__",
  ] as const;
  const kinds: (() => [string, string])[] = [
    () => ["User-Agent", awkwardText(chance).slice(0, 1_000)],
    () => ["Origin", chance.pick(origin)],
    () => ["Sec-Fetch-Site", chance.pick(["same-origin", "same-site", "cross-site", "none", "x", ""])],
    () => ["Cookie", cookies(chance)],
    () => [chance.pick(["X-Forwarded-For", "X-Real-IP", "Forwarded"]), awkwardText(chance).slice(0, 300)],
    () => [
      chance.pick(["X-Forwarded-Host", "X-Forwarded-Proto"]),
      chance.pick(["other.example", "https", "javascript", ""]),
    ],
    () => [
      chance.pick(["x-middleware-subrequest", "RSC", "Next-Router-Prefetch", "Next-Action", "x-nextjs-data"]),
      chance.pick(["1", "middleware:middleware:middleware", "src/middleware"]),
    ],
    () => ["Access-Control-Request-Method", chance.pick(["POST", "x", ""])],
    () => ["If-None-Match", chance.pick(["*", '"x"', 'W/"x"', awkwardText(chance).slice(0, 100)])],
    () => ["Accept", chance.pick(["*/*", "text/html", "application/jsonl", awkwardText(chance).slice(0, 300)])],
    () => [
      "traceparent",
      chance.pick([`00-${"a".repeat(32)}-${"b".repeat(16)}-01`, "00-0-0-00", awkwardText(chance).slice(0, 100)]),
    ],
    () => ["Range", chance.pick(["bytes=0-", "bytes=0-0,1-1", "x"])],
    () => ["X-HTTP-Method-Override", chance.pick(["POST", "DELETE"])],
    () => [`X-${chance.below(1e6)}`, awkwardText(chance).slice(0, 1_000)],
    () => ["__proto__", "x"],
    () => ["Connection", chance.pick(["close", "keep-alive", "Authorization", "Content-Length", "upgrade"])],
    () => ["Expect", chance.pick(["100-continue", "x"])],
    () => ["Upgrade", chance.pick(["websocket", "h2c", "TLS/1.0"])],
  ];
  return Array.from({ length: 1 + chance.below(4) }, () => {
    const make = kinds[chance.below(kinds.length - (chance.often(0.9) ? 3 : 0))];
    return make?.() ?? ["X-None", ""];
  });
}

function cookies(chance: Chance): string {
  const id = "A".repeat(21 + chance.below(3));
  return Array.from({ length: 1 + chance.below(4) }, () =>
    chance.pick<() => string>([
      () => `signet_refresh_${id}=${"A".repeat(71)}`,
      () => `signet_refresh_${id}=${secretCanary}`,
      () => `__Secure-signet_refresh_${id}=x`,
      () => `signet_refresh___proto__=x`,
      () => `signet_device=${awkwardText(chance).slice(0, 200)}`,
      () => `${awkwardText(chance).slice(0, 200)}=${awkwardText(chance).slice(0, 200)}`,
      () => ";;;==;",
    ])(),
  ).join("; ");
}
