// The issuer's feed of revocations, read over HTTP with our client credentials: a source for the same follower that the
// issuer's own processes use.

import type { IssuerMetadata } from "./issuer-metadata.ts";
import { fetchJson, RemoteAnswerError } from "./remote-json.ts";
import type { RevocationPage, RevocationSource } from "./revocation-source.ts";
import type { JsonObject } from "./strict-json.ts";

export interface ClientCredentials {
  id: string;
  secret: string;
}

export interface RemoteRevocationsOptions {
  endpoints: IssuerMetadata;
  client: ClientCredentials;
  fetch: typeof fetch;
  monotonicMs: () => number;
}

/** 5,000 entries take about half a megabyte. */
const maxBytes = 8 * 1024 * 1024;
/** Wrong credentials do not become right by themselves, and the issuer may count failures. */
const refusedPauseMs = 30_000;

export function createRemoteRevocations(options: RemoteRevocationsOptions): RevocationSource {
  const { endpoints, client, fetch, monotonicMs } = options;
  const authorization = basicAuthorization(client);
  let refusedAt = Number.NEGATIVE_INFINITY;

  return {
    async listRevocations(after, _limit, signal, waitMs) {
      if (monotonicMs() - refusedAt < refusedPauseMs) throw new Error("The issuer refused the client's credentials.");
      const { revocationsUrl } = await endpoints.find();
      if (revocationsUrl === undefined) {
        endpoints.doubt();
        throw new Error("The issuer's metadata names no revocations_endpoint.");
      }
      const url = new URL(revocationsUrl);
      url.searchParams.set("after", String(after));
      url.searchParams.set("wait", String(Math.floor(waitMs / 1000)));
      try {
        const headers = { Authorization: authorization };
        const { body } = await fetchJson(url.href, { fetch, maxBytes, headers, signal, parse: parseQuickly });
        return pageOf(body);
      } catch (error) {
        if (!signal.aborted) endpoints.doubt();
        if (error instanceof RemoteAnswerError && error.status === 401) refusedAt = monotonicMs();
        throw error;
      }
    },
  };
}

/** A full page takes 4 ms, strictly up to 40, which requests would feel. Only of what is signed must there be just one reading. */
function parseQuickly(bytes: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  return (typeof value === "object" && value !== null ? value : {}) as JsonObject;
}

/** In the terms of the follower, which checks every entry. The feed tells how far a page goes and whether there is more. */
function pageOf(body: JsonObject | undefined): RevocationPage {
  const { epoch, entries, next, more } = body ?? {};
  if (!isText(epoch) || !Array.isArray(entries) || typeof next !== "number" || typeof more !== "boolean") {
    throw new Error("The issuer did not answer with a page of revocations.");
  }
  return { epoch, entries: entries.map(entryOf), last: next, more };
}

function entryOf(value: unknown): RevocationPage["entries"][number] {
  const { seq, kind, id, expires_at: expiresAt } = (value ?? {}) as Record<string, unknown>;
  return { seq, kind, id, expiresAt } as RevocationPage["entries"][number];
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** @see RFC 7617 §2, with UTF-8 */
function basicAuthorization({ id, secret }: ClientCredentials): string {
  const bytes = new TextEncoder().encode(`${id}:${secret}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
