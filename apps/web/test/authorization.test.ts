// Who may see what is decided by each procedure and each handler: the same tests hold for the app as it is built, for the app
// without `proxy.ts`, and for that one under Next's own server.

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { appRouter, procedureAccess } from "@signet/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyWithoutProxy } from "./app-without-proxy.ts";
import { type Answer, ask, password, signUp, startLimitMs } from "./requests.ts";
import { type RunningServer, startServer } from "./running-server.ts";

const ways = ["as it is built", "without proxy.ts", "without proxy.ts, under next start"] as const;
const servers: RunningServer[] = [];
let folder: string;
let buildId: string;

const urlOf = (way: (typeof ways)[number]) => servers[ways.indexOf(way)]?.url ?? "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet test "));
  buildId = await readFile(fileURLToPath(new URL("../.next/BUILD_ID", import.meta.url)), "utf8");
  const dataDir = join(folder, "data");
  const settings = { APP_URL: "http://localhost:3000" };
  const { ownServer, nextServer } = await copyWithoutProxy(join(folder, "app"));
  // The first one has the database, and the others use it too: whoever signs up at one is known at all.
  servers.push(await startServer(dataDir, settings));
  servers.push(
    ...(await Promise.all([ownServer, nextServer].map((program) => startServer(dataDir, settings, program)))),
  );
}, 2 * startLimitMs);

afterAll(async () => {
  for (const server of servers.toReversed()) await server.stop();
  await rm(folder, { recursive: true, force: true });
}, startLimitMs);

const json = { "content-type": "application/json" };

interface Door {
  method: string;
  path: string;
  body?: string;
}

/** All that asks who somebody is. */
const doors: Door[] = [
  { method: "GET", path: "/api/protected" },
  { method: "GET", path: "/auth/session" },
  { method: "GET", path: "/auth/revocations" },
  { method: "POST", path: "/auth/introspect", body: "token=x" },
  { method: "POST", path: "/auth/revoke", body: "token=x" },
  ...procedureAccess(appRouter)
    .filter(({ access }) => access !== "public")
    .map(({ path, type }) =>
      type === "query"
        ? { method: "GET", path: `/api/trpc/${path}` }
        : { method: "POST", path: `/api/trpc/${path}`, body: "{}" },
    ),
];

/** Headers by which Next speaks to itself, or once did. */
const inner: Record<string, string>[] = [
  ...["src/proxy", "proxy", "middleware", "src/middleware", "pages/_middleware"].map((name) => ({
    "x-middleware-subrequest": Array.from({ length: 5 }, () => name).join(":"),
  })),
  { "x-middleware-subrequest-id": "0000000000000000" },
  { "x-middleware-next": "1" },
  { "x-middleware-skip": "1" },
  { "x-middleware-prefetch": "1" },
  { "x-middleware-invoke": "1" },
  { "x-middleware-rewrite": "/account" },
  { "x-middleware-override-headers": "authorization", "x-middleware-request-authorization": "Bearer a.b.c" },
  { "x-invoke-path": "/account", "x-invoke-status": "200", "x-invoke-query": "%7B%7D" },
  { "x-invoke-output": "/account" },
  { "x-matched-path": "/account", "x-nextjs-matched-path": "/account" },
  { "x-now-route-matches": "1=account", "x-nextjs-data": "1" },
  { "x-prerender-revalidate": "1", "x-prerender-revalidate-if-generated": "1" },
  { "x-next-revalidated-tags": "a", "x-next-revalidate-tag-token": "b" },
  { "next-resume": "1" },
  { "next-action": "x" },
  { rsc: "1" },
  { rsc: "1", "next-router-prefetch": "1", "next-url": "/account" },
  { rsc: "1", "next-router-segment-prefetch": "/_tree" },
  { rsc: "1", "next-router-segment-prefetch": "/account/__PAGE__" },
  {
    rsc: "1",
    "next-router-state-tree": encodeURIComponent('["",{"children":["account",{"children":["__PAGE__",{}]}]}]'),
  },
  { "x-forwarded-for": "127.0.0.1", "x-forwarded-host": "localhost", "x-real-ip": "127.0.0.1" },
  { "x-original-url": "/healthz", "x-rewrite-url": "/healthz", "x-http-method-override": "GET" },
];

/** Other ways to write an address, for a router that is behind another one. */
const spellings = (path: string) => {
  const name = path.slice(1);
  return [
    `/${encodeURIComponent(name)}`,
    path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    path.toUpperCase(),
    `/en${path}`,
    `/.${path}`,
    `//${name}`,
    `/x/..${path}`,
    `${path}/`,
    `${path}.rsc`,
    `${path}.json`,
    `${path}.segments/_tree.segment.rsc`,
    `/_next/data/${buildId}${path}.json`,
    `${path}?_rsc=1`,
    `${path}?nextLocale=en&__nextLocale=en&__nextDataReq=1`,
    `/api/nothing?nxtPpath=${encodeURIComponent(name.replace("api/", ""))}`,
    `/api/nothing?path=${encodeURIComponent(name.replace("api/", ""))}`,
  ];
};

/** Asks for a page's data where Next wants it to be asked for: it sends back who does not know the place. */
async function askTwice(...[url, path, question]: Parameters<typeof ask>): Promise<Answer> {
  const got = await ask(url, path, question);
  const { location = "" } = got.headers;
  return got.status === 307 && location.includes("?_rsc") ? ask(url, location, question) : got;
}

describe.each(ways)("%s", (way) => {
  const knock = (door: Door, headers: Record<string, string> = {}) =>
    askTwice(urlOf(way), door.path, {
      method: door.method,
      headers: { ...(door.body === undefined ? {} : json), ...headers },
      ...(door.body === undefined ? {} : { body: door.body }),
    });

  test("every door is closed to nobody and to junk, and a token opens those that are for it (SRV-01)", async () => {
    const { accessToken } = await signUp(urlOf(way));
    const junk = [
      undefined,
      "Bearer a.b.c",
      `Bearer ${accessToken}x`,
      `Basic ${btoa("notes:x")}`,
      `bearer ${accessToken.slice(0, -2)}`,
    ];
    const opened: string[] = [];
    for (const door of doors) {
      for (const authorization of junk) {
        const { status } = await knock(door, authorization === undefined ? {} : { authorization });
        if (status !== 401) opened.push(`${door.path} ${authorization}: ${status}`);
      }
    }
    expect(opened).toEqual([]);
    const authorization = `Bearer ${accessToken}`;
    const statuses = await Promise.all(doors.slice(0, 2).map((door) => knock(door, { authorization })));
    expect(statuses.map(({ status }) => status)).toEqual([200, 204]);
  });

  test("a token that was revoked opens none", async () => {
    const { accessToken } = await signUp(urlOf(way));
    const headers = { authorization: `Bearer ${accessToken}` };
    const signOut = { method: "POST", path: "/api/trpc/auth.signOut" };
    expect((await knock(signOut, { ...headers, ...json })).status).toBe(200);
    await expect.poll(async () => (await knock({ method: "GET", path: "/api/protected" }, headers)).status).toBe(401);
    const statuses = await Promise.all(doors.map((door) => knock(door, headers)));
    expect(statuses.map(({ status }) => status)).toEqual(doors.map(() => 401));
  });

  test("no header by which Next speaks to itself opens a door (SRV-02)", async () => {
    const opened: string[] = [];
    for (const headers of inner) {
      for (const door of doors) {
        const got = await knock(door, headers);
        // To some prefetches Next answers `{}` and asks nobody.
        const skipped = got.headers["x-middleware-skip"] === "1" && got.body === "{}";
        if (got.status < 400 && !skipped)
          opened.push(`${door.path} ${JSON.stringify(headers)}: ${got.status} ${got.headers.location}`);
      }
    }
    expect(opened).toEqual([]);
  });

  test("no other way to write an address opens a door (SRV-02)", async () => {
    const opened: string[] = [];
    for (const door of doors) {
      for (const path of spellings(door.path)) {
        const { status, body } = await knock({ ...door, path });
        if (status < 300) opened.push(`${path}: ${status} ${body.slice(0, 80)}`);
      }
    }
    expect(opened).toEqual([]);
  });

  test("pages hold nothing of the person who asks, in whichever form they are asked for (SRV-02)", async () => {
    const { username } = await signUp(urlOf(way));
    const signedIn = await ask(urlOf(way), "/api/trpc/auth.issueToken", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ username, password }),
    });
    const cookie = String(signedIn.headers["set-cookie"]?.[0]?.split(";")[0]);
    const { accessToken, sessionId } = JSON.parse(signedIn.body).result.data;
    const told: string[] = [];
    for (const page of ["/account", "/notes", "/"]) {
      for (const [path, headers] of [
        ...inner.map((asked) => [page, asked] as const),
        ...spellings(page).map((spelling) => [spelling, {}] as const),
      ]) {
        const got = await askTwice(urlOf(way), path, {
          headers: { ...headers, cookie, authorization: `Bearer ${accessToken}` },
        });
        const said = JSON.stringify(got.headers) + got.body;
        if ([username, sessionId, accessToken, "eyJ"].some((text) => said.includes(text))) told.push(path);
        if (got.status >= 500) told.push(`${path} ${JSON.stringify(headers)}: ${got.status}`);
      }
    }
    expect(told).toEqual([]);
  });

  test("a body that React would bring to life runs nothing, wherever it is sent", async () => {
    const mark = join(folder, `ran ${ways.indexOf(way)}`);
    const code = (path: string) => `process.getBuiltinModule("node:fs").writeFileSync(${JSON.stringify(path)},"");`;
    const faults: string[] = [];
    for (const { headers, body } of flightBodies(code(mark))) {
      for (const path of [
        ...doors.map((door) => door.path),
        "/",
        "/account",
        "/sign-in",
        "/nowhere",
        "/auth/refresh",
      ]) {
        const { status } = await ask(urlOf(way), path, { method: "POST", headers, body });
        if (status < 400 || status >= 500) faults.push(`${path} ${headers["content-type"]}: ${status}`);
      }
    }
    expect(faults).toEqual([]);
    expect(existsSync(mark)).toBe(false);
    expect((await ask(urlOf(way), "/healthz")).status).toBe(200);
    // The same code leaves its mark where it does run.
    const twin = `${mark} twin`;
    process.getBuiltinModule("node:vm").runInThisContext(`(process) => {${code(twin)}}`)(process);
    expect(existsSync(twin)).toBe(true);
  });
});

/** Chunks that make the server's decoder call what it should only read (CVE-2025-55182), as a form and as text. */
function flightBodies(code: string): { headers: Record<string, string>; body: string }[] {
  const prefix = JSON.stringify(code);
  const response = `{"_prefix":${prefix},"_chunks":"$Q2","_formData":{"get":"$1:constructor:constructor"}}`;
  const chunks = [
    `{"then":"$1:__proto__:then","status":"resolved_model","reason":-1,"value":"{\\"then\\":\\"$B1337\\"}","_response":${response}}`,
    '"$@0"',
    "[]",
  ];
  const boundary = "----signet";
  const form = (names: (index: number) => string) =>
    chunks
      .map(
        (chunk, index) => `--${boundary}\r\nContent-Disposition: form-data; name="${names(index)}"\r\n\r\n${chunk}\r\n`,
      )
      .join("") + `--${boundary}--\r\n`;
  const multipart = `multipart/form-data; boundary=${boundary}`;
  const action = "7f".padEnd(42, "0");
  return [
    { headers: { "content-type": multipart, "next-action": action }, body: form(String) },
    { headers: { "content-type": multipart, "next-action": "x" }, body: form((index) => `1_${index}`) },
    {
      headers: { "content-type": multipart },
      body: form((index) => ["$ACTION_REF_1", "$ACTION_1:0", "$ACTION_1:1"][index] ?? ""),
    },
    { headers: { "content-type": "text/plain;charset=UTF-8", "next-action": action }, body: `[${chunks[0]}]` },
    {
      headers: { "content-type": "text/x-component", "next-action": action },
      body: `0:${chunks.join("\n1:")}`,
    },
    {
      headers: { "content-type": "application/x-www-form-urlencoded", "next-action": action },
      body: `0=${encodeURIComponent(chunks.join(""))}`,
    },
    { headers: { "content-type": "application/json", "next-action": action }, body: `[${chunks.join(",")}]` },
  ];
}
