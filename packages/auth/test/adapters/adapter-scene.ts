// What every adapter must do, whatever framework it is for: one list of guarantees, put to each over real HTTP.

import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AuthError } from "../../src/errors.ts";
import type { AccessTokenVerifier } from "../../src/verify-access-token.ts";
import { createScene, type Scene } from "../scene.ts";

/** A server with `/any`, for any valid token, and `/notes`, for the scopes `notes:read` and `notes:write`; both answer `sub`. */
export type StartServer = (verifier: Verifier) => Promise<{ url: string; close(): Promise<void> }>;

export type Verifier = Pick<AccessTokenVerifier, "verify">;

export const notesScopes = ["notes:read", "notes:write"];

/** Serves with Node.js alone, on a free port. */
export async function listen(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function guaranteesOf(start: StartServer, { seesRepeatedHeaders }: { seesRepeatedHeaders: boolean }): void {
  let scene: Scene;
  let server: Awaited<ReturnType<StartServer>>;
  /** Takes the place of the verifier's answer. */
  let failure: unknown;

  beforeAll(async () => {
    scene = await createScene();
    server = await start({
      verify: (token) => (failure === undefined ? scene.verifier.verify(token) : Promise.reject(failure as Error)),
    });
  });
  afterAll(() => server.close());

  const get = (path: string, authorization?: string) =>
    fetch(`${server.url}${path}`, authorization === undefined ? {} : { headers: { Authorization: authorization } });

  async function answerOf(response: Response) {
    return {
      status: response.status,
      challenge: response.headers.get("WWW-Authenticate"),
      body: (await response.json()) as unknown,
    };
  }

  describe("guarantees of every adapter", () => {
    test("a valid token comes through, and its claims are there; the scheme is in any letter case", async () => {
      for (const scheme of ["Bearer", "bearer", "BEARER"]) {
        const response = await get("/any", `${scheme} ${scene.token}`);
        expect(response.status).toBe(200);
        expect(await response.json()).toEqual({ sub: scene.claims.sub });
      }
    });

    test("RFC 6750 §3.1: without credentials the challenge has no error code", async () => {
      for (const authorization of [undefined, "Basic YTpi"]) {
        expect(await answerOf(await get("/any", authorization))).toEqual({
          status: 401,
          challenge: 'Bearer realm="signet"',
          body: { error: "invalid_token", reason: "token_missing", detail: "Could not validate credentials" },
        });
      }
    });

    test.each([
      ["token_malformed", () => Promise.resolve("x")],
      ["token_invalid", () => Promise.resolve(`${scene.token.slice(0, -4)}AAAA`)],
      ["token_expired", () => scene.sign({ ...scene.claims, iat: 1, exp: 2, auth_time: 1 })],
    ])("a refused token gets the one sentence, and its reason: %s", async (reason, token) => {
      expect(await answerOf(await get("/any", `Bearer ${await token()}`))).toEqual({
        status: 401,
        challenge: `Bearer realm="signet", error="invalid_token", error_description="${reason}"`,
        body: { error: "invalid_token", reason, detail: "Could not validate credentials" },
      });
    });

    test("RS-10: a token without one of the scopes gets 403, and is told which ones are needed", async () => {
      for (const scope of ["", "notes:read", "notes:writ notes:read"]) {
        const token = await scene.sign({ ...scene.claims, scope });
        expect(await answerOf(await get("/notes", `Bearer ${token}`))).toEqual({
          status: 403,
          challenge:
            'Bearer realm="signet", error="insufficient_scope", error_description="insufficient_scope", scope="notes:read notes:write"',
          body: {
            error: "insufficient_scope",
            reason: "insufficient_scope",
            detail: "This needs the scope notes:read notes:write.",
          },
        });
      }
      const token = await scene.sign({ ...scene.claims, scope: "notes:write other notes:read" });
      expect((await get("/notes", `Bearer ${token}`)).status).toBe(200);
    });

    test.each(["keys_unavailable", "revocations_unknown"] as const)(
      "RS-03: %s is 503 with the time after which to come again, and never an invalid token",
      async (reason) => {
        failure = new AuthError(reason, "Not known at the moment.", { retryAfterSeconds: 6.5 });
        try {
          const response = await get("/any", `Bearer ${scene.token}`);
          expect(response.headers.get("Retry-After")).toBe("7");
          expect(await answerOf(response)).toEqual({
            status: 503,
            challenge: null,
            body: { error: "temporarily_unavailable", reason, detail: "Not known at the moment." },
          });
        } finally {
          failure = undefined;
        }
      },
    );

    test("what is no refusal is the framework's business, and lets nobody in", async () => {
      failure = new Error("a fault of the verifier");
      try {
        const response = await get("/any", `Bearer ${scene.token}`);
        expect(response.status).toBe(500);
        expect(await response.text()).not.toContain(scene.claims.sub);
      } finally {
        failure = undefined;
      }
    });

    test("no refusal may be stored on the way", async () => {
      const { headers } = await get("/any");
      expect(headers.get("Cache-Control")).toBe("no-store");
      expect(headers.get("Content-Type")).toMatch(/^application\/json/);
    });

    test(`two Authorization lines are refused${seesRepeatedHeaders ? " with 400" : ""}, whichever of them is right`, async () => {
      const right = `Bearer ${scene.token}`;
      for (const lines of [
        [right, "Bearer other"],
        ["Bearer other", right],
        [right, right],
      ]) {
        const head = await rawRequest(server.url, lines);
        expect(head).toMatch(seesRepeatedHeaders ? /^HTTP\/1\.1 400 / : /^HTTP\/1\.1 401 /);
        expect(head).toContain("token_malformed");
      }
    });
  });
}

/** As no client of HTTP would send it. */
function rawRequest(url: string, authorizations: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const lines = authorizations.map((value) => `Authorization: ${value}\r\n`).join("");
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET /any HTTP/1.1\r\nHost: ${hostname}\r\n${lines}Connection: close\r\n\r\n`);
    });
    socket.on("data", (bytes) => (answer += String(bytes)));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

/** Hands requests of Node.js to a handler of the Fetch API, with every line of the header. */
export function toListener(handler: (request: Request) => Response | Promise<Response>): RequestListener {
  return async (incoming, outgoing) => {
    const headers = new Headers();
    for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
      headers.append(incoming.rawHeaders[index] ?? "", incoming.rawHeaders[index + 1] ?? "");
    }
    const answer = async () => handler(new Request(`http://localhost${incoming.url}`, { headers }));
    const response = await answer().catch(() => new Response("Internal Server Error", { status: 500 }));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
  };
}
