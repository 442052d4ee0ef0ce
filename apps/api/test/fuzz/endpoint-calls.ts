// Requests to the plain endpoints, to addresses beside them, and to those that scanners look for.

import { gzipSync } from "node:zlib";
import { awkwardText, secretCanary } from "./awkward-texts.ts";
import type { Chance } from "./chance.ts";
import { credentials } from "./credentials.ts";
import { brokenJson, jsonText } from "./json-texts.ts";
import type { Message } from "./messages.ts";
import type { Door, Scene } from "./scene.ts";
import { nearlyRefreshToken } from "./trpc-calls.ts";

interface Call {
  message: Message;
  mayKnow: boolean;
}

export function endpointCall(chance: Chance, scene: Scene): Call {
  const door = chance.pick(scene.endpoints);
  const method = chance.often(0.85)
    ? (door.methods[0] ?? "GET")
    : chance.pick(["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]);
  const { headers, isGood } = doorCredentials(chance, scene, door);
  const body = method === "GET" || method === "HEAD" ? undefined : bodyOf(chance, scene, door);
  return {
    message: {
      method,
      target: door.path + queryOf(chance, door),
      headers: [...headers, ...(body?.headers ?? [])],
      ...(body === undefined ? {} : { body: body.bytes }),
    },
    mayKnow: isGood,
  };
}

/** Services have credentials of another kind; passwords are hashed, and so seldom sent. */
function doorCredentials(chance: Chance, scene: Scene, { path, methods }: Door): ReturnType<typeof credentials> {
  if (/introspect|revo[ck]|metrics/.test(path) && chance.often(0.6)) {
    return { headers: [["Authorization", scene.client]], isGood: true, status: 200 };
  }
  const isHashed = path.includes("issue");
  if (isHashed && chance.often(0.02)) {
    const pair = `${awkwardText(chance)}:${secretCanary}${awkwardText(chance)}`.slice(0, 2_000);
    return {
      headers: [["Authorization", `Basic ${Buffer.from(pair).toString("base64")}`]],
      isGood: false,
      status: 401,
    };
  }
  for (;;) {
    const made = credentials(chance, scene, methods.includes("GET") ? scene.asker.token : scene.spender.token);
    const isService = made.headers.some(([, value]) => value === scene.client);
    if (isService) continue;
    if (!isHashed || !made.headers.some(([, value]) => /^basic/i.test(value))) return made;
  }
}

function queryOf(chance: Chance, { path }: Door): string {
  // Whoever may wait is held; that is no matter of this.
  const wait = chance.pick(["0", "-1", "26", "1e1", "٣", "0&wait=0", "", "0x1", "999999999999"]);
  if (path.endsWith("/session")) return chance.often(0.5) ? `?wait=${encodeURI(wait)}` : "";
  if (path.endsWith("/revocations")) {
    const after = chance.pick([
      "0",
      "1",
      "-1",
      "9007199254740993",
      "9999999999999999",
      "1e3",
      "x",
      "0&after=1",
      awkwardText(chance).slice(0, 100),
    ]);
    return `?after=${encodeURIComponent(after.replaceAll(/[\ud800-\udfff]/g, ""))}&wait=${encodeURI(wait)}`;
  }
  if (path.startsWith("/auth/oidc/")) return `?${providerQuery(chance)}`;
  return chance.often(0.8)
    ? ""
    : chance.pick(["?", "?__proto__[x]=1", "?%", "?token=a.b.c", "?access_token=x", `?${"a=1&".repeat(1_000)}`, "?#"]);
}

/** Of both: what belongs to one is junk to the other. */
function providerQuery(chance: Chance): string {
  const text = () =>
    encodeURIComponent(
      awkwardText(chance)
        .replaceAll(/[\ud800-\udfff]/g, "")
        .slice(0, 2_000),
    );
  const returnTo = () =>
    chance.pick(["/account", "//other.example", "/%5Cother.example", "https:other.example", "", text()]);
  const member = () =>
    chance.weighted([
      [5, () => `challenge=${"A".repeat(chance.pick([43, 43, 43, 42, 44, 0]))}`],
      [4, () => `return_to=${returnTo()}`],
      [2, () => `state=${chance.pick(["A".repeat(22), "", text()])}`],
      [2, () => `code=${text()}`],
      [1, () => `iss=${text()}`],
      [1, () => `error=${chance.pick(["access_denied", "server_error", text()])}`],
      [0.5, () => `token=${secretCanary}`],
    ]);
  return Array.from({ length: 1 + chance.below(4) }, member).join("&");
}

interface Body {
  headers: [string, string][];
  bytes: Buffer;
}

function bodyOf(chance: Chance, scene: Scene, { path }: Door): Body | undefined {
  const isForm = /introspect|revoke/.test(path);
  return chance.weighted([
    [isForm ? 1 : 6, () => typed("application/json", refreshBody(chance, scene))],
    [isForm ? 6 : 1, () => typed("application/x-www-form-urlencoded", formBody(chance, scene, path))],
    [1, () => typed("application/json", chance.often(0.6) ? jsonText(chance) : brokenJson(chance))],
    [1, () => multipart(chance)],
    [
      0.5,
      () =>
        typed(
          chance.pick(["text/plain", "application/xml", "image/png", "", "application/json, text/plain"]),
          awkwardText(chance),
        ),
    ],
    [
      0.5,
      () => ({
        headers: [
          ["Content-Type", "application/json"],
          ["Content-Encoding", "gzip"],
        ],
        bytes: gzipBomb,
      }),
    ],
    [0.1, () => typed("application/json", " ".repeat(chance.pick([65_000, 65_536, 65_537, 200_000])))],
    [1, () => undefined],
  ]);
}

const typed = (type: string, text: string): Body => ({ headers: [["Content-Type", type]], bytes: Buffer.from(text) });

function refreshBody(chance: Chance, scene: Scene): string {
  const token = chance.often(0.1) ? scene.spender.refreshToken : nearlyRefreshToken(chance, scene);
  const members = [
    ...(chance.often(0.6) ? [`"refresh_token":${JSON.stringify(token)}`] : []),
    ...(chance.often(0.3) ? [`"session":${JSON.stringify("A".repeat(21 + chance.below(3)))}`] : []),
    ...(chance.often(0.3) ? [`"attempt":${JSON.stringify("a".repeat(15 + chance.below(51)))}`] : []),
    ...(chance.often(0.15)
      ? [`${JSON.stringify(chance.pick(["__proto__", "constructor", "user", "session"]))}:${jsonText(chance)}`]
      : []),
  ];
  return `{${members.join(",")}}`;
}

function formBody(chance: Chance, scene: Scene, path: string): string {
  const mine = path.endsWith("revoke") ? scene.spender.token : scene.asker.token;
  const token = chance.weighted([
    [2, () => mine],
    [2, () => chance.pick(scene.bent)],
    [1, () => nearlyRefreshToken(chance, scene)],
    [1, () => awkwardText(chance)],
  ]);
  const encoded = new URLSearchParams({ token }).toString();
  return chance.weighted([
    [8, () => encoded],
    [1, () => `${encoded}&token_type_hint=${chance.pick(["access_token", "refresh_token", "__proto__"])}`],
    [1, () => `${encoded}&${encoded}`],
    [1, () => `__proto__[token]=x&token[]=x&${encoded}`],
    [1, () => chance.pick(["token", "token=", "=", "&", "%", "token=%ff", "%ff=%ff", "a=1&".repeat(4_000)])],
  ]);
}

/** A few kilobytes that would be many megabytes for whoever unpacks them. */
const gzipBomb = gzipSync(Buffer.alloc(8 * 2 ** 20));

/** Forms as browsers send them, as prototypes are polluted, and as React's server functions take them. */
function multipart(chance: Chance): Body {
  const names = [
    "__proto__",
    "__proto__[polluted]",
    "constructor[prototype][x]",
    "0",
    "1",
    "input",
    "$ACTION_ID_x",
    "$ACTION_REF_1",
  ] as const;
  const values = [
    '{"then":"$1:__proto__:then","status":"resolved_model","value":"{\\"then\\":\\"$B1\\"}","_response":{"_prefix":"x"}}',
    '"$@0"',
    "$F1",
    "[]",
    "x",
  ] as const;
  const parts = Array.from({ length: 1 + chance.below(3) }, () => {
    return `--x\r\nContent-Disposition: form-data; name="${chance.pick(names)}"\r\n\r\n${chance.pick(values)}\r\n`;
  });
  const end = chance.often(0.8) ? "--x--\r\n" : "";
  return {
    headers: [
      ["Content-Type", `multipart/form-data; boundary=${chance.pick(["x", "x", '"x"', "", "y"])}`],
      ...(chance.often(0.7) ? [["Next-Action", "x".repeat(40)] as [string, string]] : []),
    ],
    bytes: Buffer.from(parts.join("") + end),
  };
}

const lookedFor = [
  "/.env",
  "/.git/config",
  "/api/panel",
  "/api/__proto__",
  "/__proto__",
  "/constructor",
  "/admin",
  "/server-status",
  "/main.js.map",
  "/_next/static/../../package.json",
  "/..%2f..%2fetc%2fhosts",
  "/%2e%2e/%2e%2e/etc/hosts",
  "/api/../auth/../api/protected/..",
  "/auth/%00",
  "/%",
  "//other.example/api/protected",
  "/\\other.example",
  "/api//protected",
  "/api/protected/",
  "/API/PROTECTED",
  "/api/protected;x",
  "/api/protected%20",
  "http://localhost/api/protected",
  "http://other.example/api/protected",
  "*",
  "/?",
  "/#",
  "/api/trpc",
  "/api/trpc/",
  "/api/trpc//",
  "/api/trpc/%2e%2e",
  "/auth/issue-new-token/..",
  "/.well-known/",
  "/.well-known/jwks.json/x",
  "/auth/oidc/github/start",
  "/auth/oidc/__proto__/callback?code=x&state=y",
] as const;

export function elsewhere(chance: Chance, scene: Scene): Call {
  const { headers, isGood } = credentials(chance, scene, scene.spender.token);
  const method = chance.pick(["GET", "GET", "POST", "HEAD", "OPTIONS", "PUT"]);
  const body = method === "POST" || method === "PUT" ? bodyOf(chance, scene, { path: "", methods: [] }) : undefined;
  const path = chance.often(0.8)
    ? chance.pick(lookedFor)
    : `/${encodeURI(awkwardText(chance).replaceAll(/[\ud800-\udfff]/g, "")).slice(0, 3_000)}`;
  return {
    message: {
      method,
      target: path,
      headers: [...headers, ...(body?.headers ?? [])],
      ...(body === undefined ? {} : { body: body.bytes }),
    },
    // Dots that are resolved may lead to an endpoint after all.
    mayKnow: isGood,
  };
}
