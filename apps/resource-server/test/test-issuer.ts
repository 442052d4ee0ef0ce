// An issuer as this service knows one: metadata, public keys and a feed of revocations over HTTP, and tokens with its name. It can
// be killed, and comes back at the same address.

import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exampleClaims, signedToken, throwAwayKey } from "@signet/auth/testing";

export const client = { id: "notes", secret: "a secret of the tests" };

interface Entry {
  seq: number;
  kind: "session" | "token" | "key";
  id: string;
  expires_at: number | null;
}

export interface TestIssuer {
  url: string;
  /** Path of each request. */
  asked: string[];
  /** A token that is right in every way, or differs from one by what is given. */
  token(changes?: Record<string, unknown>): Promise<string>;
  /** Signed by a key that was never published. */
  foreignToken(): Promise<string>;
  /** Ends something, and answers those who wait for it. */
  revoke(kind: Entry["kind"], id: string): void;
  /** Its keys cannot be had while this is false. */
  publishes: boolean;
  /** Nor its revocations, while this is. */
  hasFeed: boolean;
  /** How many wait at the feed for news. */
  readonly held: number;
  kill(): Promise<void>;
  revive(): Promise<void>;
}

export async function startIssuer(): Promise<TestIssuer> {
  const [key, foreign] = await Promise.all([throwAwayKey("ES256"), throwAwayKey("ES256")]);
  const entries: Entry[] = [];
  const waiting = new Set<() => void>();
  let server = serve();
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  const url = `http://localhost:${port}`;

  function serve(): Server {
    return createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", url);
      issuer.asked.push(pathname);
      if (pathname === "/.well-known/oauth-authorization-server") {
        return json(response, {
          issuer: url,
          jwks_uri: `${url}/.well-known/jwks.json`,
          revocations_endpoint: `${url}/auth/revocations`,
        });
      }
      if (pathname === "/.well-known/jwks.json" && issuer.publishes) return json(response, { keys: [key.jwk] });
      if (pathname === "/auth/revocations" && issuer.hasFeed) {
        const basic = Buffer.from(`${client.id}:${client.secret}`).toString("base64");
        if (request.headers.authorization !== `Basic ${basic}`) return json(response, {}, 401);
        return feed(response, Number(searchParams.get("after")), Number(searchParams.get("wait")));
      }
      return json(response, {}, 503);
    });
  }

  function feed(response: ServerResponse, after: number, waitSeconds: number): void {
    const answer = () => {
      clearTimeout(timer);
      waiting.delete(answer);
      json(response, {
        epoch: "one",
        entries: entries.filter(({ seq }) => seq > after),
        next: entries.length,
        more: false,
      });
    };
    const timer = setTimeout(answer, waitSeconds * 1000);
    if (entries.length === after && waitSeconds > 0) waiting.add(answer);
    else answer();
  }

  const nowClaims = (changes: Record<string, unknown>) => ({
    ...exampleClaims(Date.now, { iss: url, aud: url }),
    ...changes,
  });
  const issuer: TestIssuer = {
    url,
    asked: [],
    publishes: true,
    hasFeed: true,
    get held() {
      return waiting.size;
    },
    token: (changes = {}) => signedToken(key.signing, nowClaims(changes)),
    foreignToken: () => signedToken(foreign.signing, nowClaims({})),
    revoke(kind, id) {
      const expires_at = kind === "key" ? null : Math.floor(Date.now() / 1000) + 1_000;
      entries.push({ seq: entries.length + 1, kind, id, expires_at });
      for (const answer of waiting) answer();
    },
    async kill() {
      for (const answer of waiting) answer();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
    async revive() {
      server = serve();
      await listen(server, port);
    },
  };
  return issuer;
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, "localhost");
  await once(server, "listening");
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response
    .writeHead(status, { "Content-Type": "application/json", "Cache-Control": "max-age=300" })
    .end(JSON.stringify(body));
}
