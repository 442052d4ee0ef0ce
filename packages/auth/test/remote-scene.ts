// An issuer elsewhere, as a service that only verifies sees it, and time that moves only when told to. What it answers can be
// replaced, and what it was asked is written down.

import type { JWK } from "jose";
import type { AccessTokenClaims } from "../src/claims.ts";
import { createRemoteVerifier, type RemoteVerifier, type RemoteVerifierOptions } from "../src/remote-verifier.ts";
import type { RevocationEntry } from "../src/revocation-source.ts";
import { exampleClaims, signedToken, type ThrowAwayKey, throwAwayKey } from "../src/testing.ts";
import { createTestTime, type TestTime } from "./revocation-scene.ts";
import { issuer } from "./scene.ts";

export const client = { id: "notes", secret: "a secret of the tests" };
export const jwksPath = "/.well-known/jwks.json";
export const metadataPath = "/.well-known/oauth-authorization-server";
export const revocationsPath = "/auth/revocations";

export interface TestIssuer {
  handle(request: Request): Promise<Response>;
  /** Where it says it is. */
  url: string;
  keys: ThrowAwayKey[];
  /** Goes into Cache-Control of the JWK Set. */
  maxAgeSeconds: number;
  epoch: string;
  entries: RevocationEntry[];
  last: number;
  pageSize: number;
  /** Takes the place of answers, by path. */
  answers: Map<string, (request: Request) => Response | Promise<Response>>;
  /** Path and query of every request. */
  asked: string[];
  /** Of those, how many were held and how many are being answered. */
  held: number;
  active: number;
  /** Ends something, and answers those who wait for it. */
  revoke(kind: RevocationEntry["kind"], id: string): void;
  sign(claims?: Partial<AccessTokenClaims>, key?: ThrowAwayKey): Promise<string>;
}

export function countOf({ asked }: Pick<TestIssuer, "asked">, path: string): number {
  return asked.filter((url) => url.startsWith(path)).length;
}

export async function createTestIssuer(
  time: Pick<TestTime, "schedule" | "clock">,
  url: string = issuer,
): Promise<TestIssuer> {
  const firstKey = await throwAwayKey("ES256");
  const waiting = new Set<() => void>();
  /** The issuer's own clock, which ours may differ from. */
  const now = () => Math.floor(time.clock() / 1000);

  function json(body: unknown, headers: Record<string, string> = {}): Response {
    return Response.json(body, { headers });
  }

  async function jwks(request: Request): Promise<Response> {
    const keys: JWK[] = test.keys.map(({ jwk }) => jwk);
    const etag = `"${keys.map(({ kid }) => kid).join()}"`;
    const headers = { ETag: etag, "Cache-Control": `public, max-age=${test.maxAgeSeconds}` };
    if (request.headers.get("If-None-Match") === etag) return new Response(null, { status: 304, headers });
    return json({ keys }, { ...headers, "Content-Type": "application/jwk-set+json" });
  }

  async function feed(request: Request, query: URLSearchParams): Promise<Response> {
    const expected = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}`;
    if (request.headers.get("Authorization") !== expected) return Response.json({}, { status: 401 });
    const after = Number(query.get("after"));
    const waitMs = Number(query.get("wait")) * 1000;
    if (after === test.last && waitMs > 0) {
      test.held += 1;
      test.active -= 1;
      await new Promise<void>((resolve) => {
        const cancel = time.schedule(resolve, waitMs);
        request.signal.addEventListener("abort", () => resolve());
        waiting.add(() => (cancel(), resolve()));
      });
      test.held -= 1;
      test.active += 1;
    }
    const live = test.entries.filter(({ seq, expiresAt }) => seq > after && (expiresAt ?? Infinity) > now());
    const page = live.slice(0, test.pageSize);
    const more = live.length > page.length;
    const entries = page.map(({ expiresAt, ...entry }) => ({ ...entry, expires_at: expiresAt }));
    return json({ epoch: test.epoch, entries, next: more ? (page.at(-1)?.seq ?? 0) : test.last, more });
  }

  const test: TestIssuer = {
    url,
    keys: [firstKey],
    maxAgeSeconds: 300,
    epoch: "first",
    entries: [],
    last: 0,
    pageSize: 5_000,
    answers: new Map(),
    asked: [],
    held: 0,
    active: 0,
    async handle(request) {
      const { pathname, searchParams, search } = new URL(request.url);
      test.asked.push(pathname + search);
      const other = test.answers.get(pathname) ?? test.answers.get("*");
      // Nothing goes on there: time may pass.
      if (other === never) return never();
      test.active += 1;
      try {
        if (other !== undefined) return await other(request);
        if (pathname === jwksPath) return await jwks(request);
        if (pathname === revocationsPath) return await feed(request, searchParams);
        if (pathname === metadataPath) {
          const jwks_uri = `${test.url}${jwksPath}`;
          return json({ issuer: test.url, jwks_uri, revocations_endpoint: `${test.url}${revocationsPath}` });
        }
        return new Response(null, { status: 404 });
      } finally {
        test.active -= 1;
      }
    },
    revoke(kind, id) {
      test.last += 1;
      test.entries.push({ seq: test.last, kind, id, expiresAt: kind === "key" ? null : now() + 1020 });
      for (const answer of waiting) answer();
      waiting.clear();
    },
    sign: (claims, key = test.keys.at(-1) ?? firstKey) =>
      signedToken(key.signing, exampleClaims(time.clock, { iss: url, aud: url, ...claims })),
  };
  return test;
}

export interface RemoteScene extends TestTime {
  issuer: TestIssuer;
  verifier: RemoteVerifier;
  /** What the verifier told of, in order: "keys: problem", "keys: recovered" … */
  told: string[];
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
}

/** How often in a row nothing may be under way until nothing is. */
const quietRounds = 20;

/** With an issuer of its own, which is reached without a network. */
export async function createRemoteScene(options: Partial<RemoteVerifierOptions> = {}): Promise<RemoteScene> {
  let active = () => 0;
  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < quietRounds; quiet = active() === 0 ? quiet + 1 : 0) {
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }
  const time = createTestTime(settle);
  const testIssuer = await createTestIssuer(time);
  active = () => testIssuer.active;
  const told: string[] = [];
  const verifier = createRemoteVerifier({
    issuer: testIssuer.url,
    clock: time.clock,
    monotonicMs: time.monotonicMs,
    schedule: time.schedule,
    random: () => 1,
    fetch: fetchFrom(testIssuer),
    onProblem: (part) => told.push(`${part}: problem`),
    onRecovered: (part) => told.push(`${part}: recovered`),
    ...options,
  });
  return { ...time, issuer: testIssuer, verifier, told, settle };
}

/** As `fetch` does it: the answer is waited for until the signal aborts. */
export function fetchFrom(testIssuer: Pick<TestIssuer, "handle">): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const aborted = new Promise<never>((_, reject) => {
      request.signal.addEventListener("abort", () => reject(new DOMException("Aborted", "AbortError")));
    });
    return Promise.race([testIssuer.handle(request), aborted]);
  };
}

/** Neither answers nor refuses, as a half-open connection does. */
export const never = () => new Promise<never>(() => {});
export const down = () => Promise.reject(new TypeError("fetch failed"));

/** Another key for the issuer. */
export function newKey(): Promise<ThrowAwayKey> {
  return throwAwayKey("ES256");
}
