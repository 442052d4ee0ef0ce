// What each server here is told: its port, and the keys of whoever issued the tokens that it will see.

import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { systemClock } from "@signet/auth/clock";
import { fixedKeys } from "@signet/auth/testing";
import { type AccessTokenVerifier, createAccessTokenVerifier, createVerificationKeys } from "@signet/auth/verify";
import type { JWK } from "jose";

export const issuer = "https://issuer.example";
export const audience = "https://api.example";

export const port = Number(process.env["PORT"]);
export const origin = `http://127.0.0.1:${port}`;

/** The public key, or for HS256 the secret. */
export const issuersKey = (): JWK => JSON.parse(process.env["ISSUERS_KEY"] ?? "{}") as JWK;

export async function signetVerifier(): Promise<AccessTokenVerifier> {
  const jwk = issuersKey();
  const options = { issuer, audience, clock: systemClock };
  if (jwk.alg !== "HS256") {
    const keys = await createVerificationKeys({ keys: [jwk] });
    return createAccessTokenVerifier({ ...options, algorithms: ["ES256"], keys });
  }
  const keys = fixedKeys({ kid: String(jwk.kid), algorithm: "HS256", key: await hmacKey(jwk) });
  return createAccessTokenVerifier({ ...options, algorithms: ["HS256"], keys });
}

export function hmacKey({ k }: JWK) {
  const bytes = Buffer.from(String(k), "base64url");
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

export function listen(listener: RequestListener): void {
  createServer(listener).listen(port, "127.0.0.1");
}

/** What a server asks for before it answers anything else, so that a load knows when to begin. */
export const readyPath = "/ready";
/** Where a server that makes its own credentials hands one out, as the line of a header. */
export const credentialPath = "/credential";

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

/** Answers as `answer` says, and 401 where it fails: with who the caller is, as all servers here do. */
export function listenJson(answer: (authorization: string | undefined, cookie: string | undefined) => unknown): void {
  listen(async (request, response) => {
    if (request.url === readyPath) return sendJson(response, { ready: true });
    try {
      sendJson(response, await answer(request.headers.authorization, request.headers.cookie));
    } catch {
      sendJson(response, { error: "refused" }, 401);
    }
  });
}

export function bearerOf(authorization: string | undefined): string {
  return authorization?.slice("Bearer ".length) ?? "";
}
