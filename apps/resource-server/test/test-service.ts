// The service in this process: a real verifier, real files, no port.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@signet/auth/clock";
import { createRemoteVerifier, type RemoteVerifier } from "@signet/auth/remote";
import { expect } from "vitest";
import { openFileNoteStore } from "../src/file-note-store.ts";
import { createLogger } from "../src/log.ts";
import { createService, type Service, type ServiceOptions } from "../src/service.ts";
import { client, type TestIssuer } from "./test-issuer.ts";

/** Of the web app, whose pages may call. */
export const webOrigin = "https://app.example";

export interface TestService {
  service: Service;
  verifier: RemoteVerifier;
  folder: string;
  /** All that was logged, as it was written. */
  log(): string;
  /** Sends a request from elsewhere, or from this machine. */
  fetch(path: string, init?: RequestInit & { token?: string; local?: boolean }): Promise<Response>;
  /** Calls a procedure by itself. @returns status, and what tRPC says */
  call(procedure: string, input?: unknown, token?: string): Promise<Call>;
  stop(): Promise<void>;
}

export interface Call {
  status: number;
  data: unknown;
  error: { message: string; data: Record<string, unknown> } | undefined;
  headers: Headers;
}

export async function startService(issuer: TestIssuer, options: Partial<ServiceOptions> & { ready?: boolean } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "signet notes "));
  const verifier = createRemoteVerifier({ issuer: issuer.url, client });
  verifier.start();
  const lines: string[] = [];
  const service = createService({
    verifier,
    store: await openFileNoteStore({ folder, clock: systemClock }),
    allowedOrigins: [webOrigin],
    log: createLogger("debug", { write: (line) => void lines.push(line) }),
    ...options,
  });
  if (options.ready !== false) await expect.poll(() => verifier.status().ready, { interval: 5 }).toBe(true);

  const fetch: TestService["fetch"] = (path, { token, local = false, ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    return service.handle(new Request(`http://localhost${path}`, { ...init, headers }), { isLocal: local });
  };
  const test: TestService = {
    service,
    verifier,
    folder,
    log: () => lines.join(""),
    fetch,
    async call(procedure, input, token) {
      const path = `/trpc/notes.${procedure}`;
      const response = await (procedure === "list"
        ? fetch(path, token === undefined ? {} : { token })
        : fetch(path, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(input),
            ...(token === undefined ? {} : { token }),
          }));
      const body = await response.json();
      return { status: response.status, data: body.result?.data, error: body.error, headers: response.headers };
    },
    async stop() {
      await verifier.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return test;
}
