// Calls of procedures: alone, in batches and streamed, with the right input, nearly the right one, and everything else.

import { awkwardText, secretCanary } from "./awkward-texts.ts";
import type { Chance } from "./chance.ts";
import { credentials } from "./credentials.ts";
import { brokenJson, jsonString, jsonText } from "./json-texts.ts";
import type { Message } from "./messages.ts";
import type { Procedure, Scene } from "./scene.ts";

/** Each that passes costs a hash: they are not what is tried here. */
const hashedShare = 0.015;
const unknownNames = [
  "auth",
  "auth.",
  "auth.__proto__",
  "constructor",
  "auth.whoami.call",
  "",
  ".",
  "toString",
] as const;

export function trpcCall(chance: Chance, scene: Scene): { message: Message; mayKnow: boolean } {
  const called = calledTogether(chance, scene);
  const isBatch = called.length > 1 || chance.often(0.2);
  const isQuery = called[0]?.type === "query";
  const method = chance.often(0.9)
    ? isQuery
      ? "GET"
      : "POST"
    : chance.pick(["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS"]);
  const onlyQueries = called.every(({ type }) => type === "query");
  const { headers, isGood } = credentials(chance, scene, onlyQueries ? scene.asker.token : scene.spender.token);
  const texts = called.map((procedure) => inputText(chance, scene, procedure));
  const input = isBatch ? batchText(chance, texts) : texts[0];
  const inQuery = method === "GET" || chance.often(0.05);
  const parameters = [
    ...(isBatch ? [`batch=${chance.often(0.95) ? 1 : chance.pick(["0", "true", "1&batch=1", "%31"])}`] : []),
    ...(inQuery && input !== undefined && (!isQuery || chance.often(0.3))
      ? [`input=${encodeURIComponent(wellFormed(input)).slice(0, 6_000)}`]
      : []),
    ...(chance.often(0.1) ? [oddParameter(chance)] : []),
  ];
  const query = parameters.length === 0 ? "" : `?${parameters.join("&")}`;
  const path = `${scene.trpcPath}/${spelled(chance, called.map((procedure) => procedure.path).join(","))}`;
  const hasBody = method !== "GET" && method !== "HEAD" && chance.often(0.97);
  return {
    message: {
      method,
      target: path + query,
      headers: [
        ...headers,
        ...(hasBody || chance.often(0.1) ? [["Content-Type", contentType(chance)] as const] : []),
        ...streaming(chance),
      ],
      ...(hasBody ? { body: Buffer.from(input ?? "") } : {}),
    },
    mayKnow: isGood,
  };
}

function calledTogether(chance: Chance, { procedures }: Scene): Procedure[] {
  const one = (): Procedure =>
    chance.often(0.93)
      ? chance.pick(procedures)
      : { path: chance.pick(unknownNames), type: "query", fields: [], isPublic: true };
  if (chance.often(0.75)) return [one()];
  const first = one();
  const count = chance.weighted([
    [10, () => 1 + chance.below(6)],
    [1, () => 29],
    [1, () => 30 + chance.below(100)],
  ]);
  return [first, ...Array.from({ length: count }, () => (chance.often(0.7) ? first : one()))];
}

function inputText(chance: Chance, scene: Scene, procedure: Procedure): string | undefined {
  if (procedure.fields.length === 0 && chance.often(0.6)) return undefined;
  if (chance.often(0.1)) return jsonText(chance);
  if (chance.often(0.08)) return brokenJson(chance);
  const isHashed = procedure.fields.some((field) => /password/i.test(field));
  const mayPass = !isHashed || chance.often(hashedShare);
  const members = procedure.fields
    .filter(() => chance.often(0.95))
    .map((field) => `"${field}":${valueText(chance, scene, procedure, field)}`);
  if (!mayPass) members.push('"isAdmin":true');
  if (chance.often(0.15)) {
    const name = chance.pick([
      "__proto__",
      "constructor",
      "role",
      "isAdmin",
      "sub",
      "scope",
      "toString",
      ...procedure.fields,
    ]);
    members.push(`"${name}":${jsonText(chance)}`);
  }
  return `{${members.join(",")}}`;
}

function valueText(chance: Chance, scene: Scene, { path }: Procedure, field: string): string {
  if (chance.often(0.1)) return jsonText(chance);
  if (/password/i.test(field)) return JSON.stringify(secretCanary + awkwardText(chance));
  if (field === "refreshToken" && path.endsWith(".refresh")) {
    return chance.often(0.1)
      ? JSON.stringify(scene.spender.refreshToken)
      : JSON.stringify(nearlyRefreshToken(chance, scene));
  }
  if (field === "refreshToken") return chance.pick(['"cookie"', '"body"', '"none"', '"Cookie"', "null"]);
  if (field === "verifier") return JSON.stringify("v".repeat(chance.pick([43, 43, 128, 42, 129])));
  if (field === "code") return JSON.stringify(chance.pick(["A".repeat(43), scene.asker.token, awkwardText(chance)]));
  if (field === "sessionId") return JSON.stringify("A".repeat(21 + chance.below(3)));
  if (field === "attempt") return JSON.stringify("a".repeat(15 + chance.below(51)));
  return chance.often(0.05) ? JSON.stringify(scene.asker.token) : jsonString(chance);
}

export function nearlyRefreshToken(chance: Chance, { spender }: Scene): string {
  const good = spender.refreshToken;
  const at = chance.below(good.length);
  return chance.pick([
    () => good.slice(0, at),
    () => `${good.slice(0, at)}${chance.pick(["A", "_", "=", " ", "\u0000"])}${good.slice(at + 1)}`,
    () => `${good}=`,
    () => Buffer.alloc(53, 1 + chance.below(2)).toString("base64url"),
    () => spender.token,
    () => awkwardText(chance),
  ])();
}

function batchText(chance: Chance, texts: readonly (string | undefined)[]): string {
  if (chance.often(0.05)) return jsonText(chance);
  const members = texts.flatMap((text, index) => (text === undefined ? [] : [`"${index}":${text}`]));
  if (chance.often(0.1))
    members.push(`"${chance.pick(["__proto__", "length", "-1", "1e9", "00", "constructor"])}":${jsonText(chance)}`);
  return `{${members.join(",")}}`;
}

function spelled(chance: Chance, names: string): string {
  return chance.weighted([
    [20, () => names],
    [1, () => encodeURIComponent(names)],
    [1, () => names.replaceAll(".", "%2e")],
    [1, () => names.replaceAll(".", "/")],
    [1, () => `${names},`],
    [1, () => `/${names}`],
    [1, () => `${names}/`],
    [1, () => `./x/../${names}`],
    [0.3, () => `${names}%00`],
    [0.3, () => `${names}%`],
    [0.3, () => names.toUpperCase()],
  ]);
}

function contentType(chance: Chance): string {
  return chance.weighted([
    [20, () => "application/json"],
    [2, () => "application/json; charset=utf-8"],
    [
      1,
      () =>
        chance.pick([
          "application/json;charset=utf-16",
          "APPLICATION/JSON",
          "application/jsonp",
          "text/plain",
          "text/json",
          "application/xml",
        ]),
    ],
    [
      1,
      () =>
        chance.pick([
          "application/octet-stream",
          "application/x-www-form-urlencoded",
          "multipart/form-data",
          "multipart/form-data; boundary=x",
          "",
        ]),
    ],
    [0.3, () => awkwardText(chance).slice(0, 500)],
  ]);
}

function streaming(chance: Chance): [string, string][] {
  if (chance.often(0.9)) return [];
  return [
    chance.pick<[string, string]>([
      ["trpc-accept", "application/jsonl"],
      ["Accept", "text/event-stream"],
      ["Accept", "application/jsonl"],
      ["trpc-accept", "x"],
      ["x-trpc-source", "x"],
    ]),
  ];
}

function oddParameter(chance: Chance): string {
  return chance.pick([
    "connectionParams=%7B%22token%22:%22x%22%7D",
    "connectionParams=null",
    "connectionParams=%5B%5D",
    "lastEventId=1",
    "input=1",
    "input[__proto__]=1",
    "__proto__=1",
    "a[b]=1",
    "%",
    "%ff",
    "&&&",
    "batch",
    "token=a.b.c",
  ]);
}

/** `encodeURIComponent` throws for lone surrogates; a client may send the bytes anyway. */
function wellFormed(text: string): string {
  return text.replaceAll(/[\ud800-\udfff]/gu, "?");
}
