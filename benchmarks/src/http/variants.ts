// Who takes part over HTTP: each a server and a call to it, from the one that asks nothing to the product itself.

import { fileURLToPath } from "node:url";
import { repositoryDir } from "../options.ts";
import type { Issuer } from "./credentials.ts";
import type { LoadOptions } from "./exchange.ts";
import type { ServerCommand } from "./running-server.ts";

export interface Variant {
  name: string;
  ours?: boolean;
  server: ServerCommand;
  path: string;
  /** Lines that the caller sends. */
  headers?: (url: string) => Promise<string[]>;
  /** What a good answer has in it: the load begins only when one came. */
  expected: string;
  /** How many calls are in one request. Default 1. */
  calls?: number;
  /** Left out of a short run. */
  onlyInFull?: boolean;
  /** Where an answer takes so long that the usual load would not see one. */
  load?: Partial<LoadOptions>;
}

export const batchOf = 10;
export const bare = "bare node:http, nobody is asked";
const readyPath = "/ready";
const someone = '"subject"';

export function ownVariants(issuer: Issuer): Variant[] {
  const es256 = issuer.keyEnv("ES256");
  const hs256 = issuer.keyEnv("HS256");
  const bearer = async () => [await issuer.bearer()];
  const bearerHs256 = async () => [await issuer.bearer("HS256")];
  const plain = (name: string, program: string, env = es256, headers = bearer): Variant => ({
    name,
    server: own(program, env),
    path: "/",
    headers,
    expected: someone,
  });
  return [
    bareVariant(),
    { ...plain("node:http + Signet's verifier", "verifier"), ours: true },
    { ...plain("node:http + jose, HS256", "jose", hs256, bearerHs256), onlyInFull: true },
    plain("node:http + jose, ES256", "jose"),
    ...trpcPair("tRPC, Signet's adapter", "trpc-signet", es256, bearer, true),
    // What it costs to know who calls, and nothing else: the token comes along here too, and the answer is as long.
    {
      name: "tRPC, Signet's adapter, public, as the protected one",
      ours: true,
      server: own("trpc-signet", es256, "/hello"),
      path: "/nobody",
      headers: bearer,
      expected: someone,
    },
    ...trpcPair("tRPC, standalone adapter", "trpc-standalone", es256, bearer).map(protectedInShort),
    ...trpcPair("tRPC, fetch adapter on @hono/node-server", "trpc-hono", es256, bearer).map(protectedInShort),
    plain("Express + express-oauth2-jwt-bearer", "express-bearer"),
    {
      name: "Auth.js, decode of its session cookie",
      server: own("auth-js", {}),
      path: "/",
      headers: fromServer,
      expected: someone,
    },
    {
      name: "Basic with bcrypt (cost 12) for each request",
      server: own("bcrypt", {}),
      path: "/",
      headers: async () => [`Authorization: Basic ${btoa("ada:correct horse battery staple")}`],
      expected: someone,
      load: { seconds: 3, connections: 2, warmUp: { least: 0, most: 0 } },
    },
  ];
}

const protectedInShort = (variant: Variant): Variant => ({ ...variant, onlyInFull: variant.headers === undefined });

export function batchVariants(issuer: Issuer): Variant[] {
  const env = issuer.keyEnv("ES256");
  const headers = async () => [await issuer.bearer()];
  const batch = { path: `${batchPath("whoami")}`, headers, expected: someone, calls: batchOf };
  return [
    bareVariant(),
    { name: "tRPC, Signet's adapter", ours: true, server: own("trpc-signet", env, "/hello"), ...batch },
    { name: "tRPC, standalone adapter", onlyInFull: true, server: own("trpc-standalone", env, "/hello"), ...batch },
    {
      ...productVariant(issuer, "apps/api, auth.whoami", batchPath("api/trpc/auth.whoami", "auth.whoami")),
      calls: batchOf,
      onlyInFull: true,
    },
  ];
}

export function productVariants(issuer: Issuer): Variant[] {
  return [
    productVariant(issuer, "apps/api, GET /api/trpc/auth.whoami", "/api/trpc/auth.whoami"),
    { ...productVariant(issuer, "apps/api, GET /api/protected", "/api/protected", '"claims"'), onlyInFull: true },
    {
      ...productVariant(issuer, "apps/api, GET /.well-known/jwks.json", "/.well-known/jwks.json", '"keys"'),
      onlyInFull: true,
    },
    {
      ...productVariant(issuer, "apps/api, GET /auth/revocations, a page", "/auth/revocations?after=0", '"epoch"'),
      headers: async () => [issuer.serviceHeader],
      onlyInFull: true,
    },
    {
      ...productVariant(issuer, "apps/web, GET /api/trpc/auth.whoami", "/api/trpc/auth.whoami"),
      server: { command: node("apps/web/dist/server/main.js"), env: issuer.productEnv, readyPath: "/readyz" },
      onlyInFull: true,
    },
  ];
}

export const nextApp = `${repositoryDir}benchmarks/next-app`;

/** Next.js by itself, with route handlers. */
export function nextVariants(issuer: Issuer): Variant[] {
  const next = `${repositoryDir}benchmarks/node_modules/next/dist/bin/next`;
  const start = (cwd: string, env: Record<string, string>, ready: string): ServerCommand => ({
    command: [process.execPath, next, "start", "-H", "127.0.0.1"],
    env: { NEXT_TELEMETRY_DISABLED: "1", ...env },
    readyPath: ready,
    cwd,
  });
  const small = start(nextApp, issuer.keyEnv("ES256"), readyPath);
  return [
    { name: "Next.js, a plain route handler", server: small, path: "/plain", expected: "anybody" },
    {
      name: "Next.js, tRPC in a route handler",
      server: small,
      path: "/trpc/whoami",
      headers: async () => [await issuer.bearer()],
      expected: someone,
    },
    {
      ...productVariant(issuer, "Next.js, Signet's API in a route handler", "/api/trpc/auth.whoami"),
      server: start(`${repositoryDir}apps/web`, issuer.productEnv, "/healthz"),
    },
  ];
}

/** @param databaseUrl Of a PostgreSQL that waits for its disk. */
export function databaseVariants(databaseUrl: string): Variant[] {
  const reading = { path: "/", headers: fromServer, expected: someone };
  const betterAuth = (cached: boolean): Variant => ({
    name: `better-auth, getSession, PostgreSQL, ${cached ? "with" : "without"} cookie cache`,
    server: own("better-auth", { DATABASE_URL: databaseUrl, COOKIE_CACHE: String(cached) }),
    onlyInFull: !cached,
    ...reading,
  });
  const rowEachTime = {
    name: "a session's row for each request, Prisma, PostgreSQL",
    server: own("prisma-session", { DATABASE_URL: databaseUrl }),
    onlyInFull: true,
    ...reading,
  };
  return [betterAuth(false), betterAuth(true), rowEachTime];
}

/** @param python A command that knows fastapi, uvicorn and jose. */
export function fastApiVariants(issuer: Issuer, python: string): Variant[] {
  return [false, true].map((tuned) => ({
    name: `FastAPI + python-jose, HS256, ${tuned ? "without threads and access log" : "as its tutorial has it"}`,
    server: {
      command: [python, `${repositoryDir}benchmarks/fastapi/service.py`],
      env: { HS256_SECRET: issuer.hs256Secret, TUNED: String(tuned) },
      readyPath,
    },
    path: "/",
    headers: async () => [await issuer.bearer("HS256")],
    expected: someone,
    onlyInFull: !tuned,
  }));
}

export function bareVariant(): Variant {
  return { name: bare, server: own("bare", {}), path: "/", expected: "anybody" };
}

function trpcPair(
  name: string,
  program: string,
  env: Record<string, string>,
  headers: NonNullable<Variant["headers"]>,
  ours = false,
): Variant[] {
  const server = own(program, env, "/hello");
  return [
    { name: `${name}, public`, ours, server, path: "/hello", expected: "anybody" },
    { name: `${name}, protected`, ours, server, path: "/whoami", expected: someone, headers },
  ];
}

export function productVariant(issuer: Issuer, name: string, path: string, expected = someone): Variant {
  return {
    name,
    ours: true,
    server: { command: node("apps/api/dist/main.js"), env: issuer.productEnv, readyPath: "/readyz" },
    path,
    headers: async () => [`Authorization: Bearer ${await issuer.productToken()}`],
    expected,
  };
}

/** One request with so many calls of the same procedure. */
export function batchPath(first: string, others = first, count = batchOf): string {
  return `/${[first, ...Array.from({ length: count - 1 }, () => others)].join(",")}?batch=1`;
}

export function own(program: string, env: Record<string, string>, ready = readyPath): ServerCommand {
  const path = fileURLToPath(new URL(`../servers/${program}.js`, import.meta.url));
  return { command: [process.execPath, path], env, readyPath: ready };
}

function node(program: string): string[] {
  return [process.execPath, repositoryDir + program];
}

async function fromServer(url: string): Promise<string[]> {
  const { credential } = (await (await fetch(`${url}/credential`)).json()) as { credential: string };
  return [credential];
}
