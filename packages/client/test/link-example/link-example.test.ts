import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { decodeUnverified } from "../../src/index.ts";
import { createFakeClock, createFakeServer } from "../harness.ts";
import type * as client from "./client.ts";
import { appRouter } from "./server.ts";
import type * as streamingClient from "./streaming-client.ts";
import { ended } from "./verifier.ts";

const paper = createFakeServer(createFakeClock());

/** Speaks HTTP for the paper server. */
const signet = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { authorization } = request.headers;
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await paper.fetch(`http://localhost${request.url}`, { headers, body });
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
});

const wire: string[] = [];
const handler = createHTTPHandler({ router: appRouter, basePath: "/trpc/", createContext: (options) => options });
const app = createServer((request, response) => {
  wire.push((request.url ?? "").replace(/^\/trpc\//, "").replace(/\?.*/, ""));
  handler(request, response);
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let auth: typeof client.auth;
let trpc: typeof client.trpc;
let streaming: typeof streamingClient.trpc;

beforeAll(async () => {
  process.env["SIGNET_URL"] = await listen(signet);
  process.env["APP_URL"] = await listen(app);
  ({ auth, trpc } = await import("./client.ts"));
  ({ trpc: streaming } = await import("./streaming-client.ts"));
});
beforeEach(async () => {
  await auth.signIn({ username: "ada", password: "correct horse battery staple" });
  wire.length = 0;
});
afterAll(() => {
  for (const server of [signet, app]) {
    server.closeAllConnections();
    server.close();
  }
});

/** From now on the token that is here is refused. */
async function end(reason: "token_expired" | "token_revoked") {
  ended.set((await auth.getAccessToken()) ?? "", reason);
}

/** An app's errors come in two shapes: refusals, with a reason, and its own. */
function reasonOf(data: object | null | undefined): unknown {
  return data && "reason" in data ? data.reason : undefined;
}

describe("the example for an app of one's own, with the middleware of @signet/api", () => {
  it("sends again what was refused, that alone, and mutations once", async () => {
    await end("token_expired");
    const before = paper.count("/auth/refresh");
    const results = await Promise.all([trpc.motd.query(), trpc.list.query(), trpc.add.mutate("first")]);
    expect(results).toEqual(["Seal your letters.", [], "first"]);
    expect(wire.toSorted()).toEqual(["add", "add", "list", "motd,list"]);
    expect(paper.count("/auth/refresh") - before).toBe(1);
    expect(await trpc.list.query()).toEqual(["first"]);
  });

  it("gives the reason when the session was ended elsewhere, and nobody is here after that", async () => {
    const token = await auth.getAccessToken();
    const body = JSON.stringify({ session: decodeUnverified(token)?.sessionId });
    await fetch(`${auth.baseUrl}/auth/sign-out`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body,
    });
    await end("token_revoked");
    const error = await trpc.add.mutate("never").catch((refused: unknown) => refused);
    expect(error).toMatchObject({ data: { code: "UNAUTHORIZED", reason: "token_revoked" } });
    expect(auth.getState()).toMatchObject({ status: "signed-out", reason: "ended_elsewhere" });
    expect(wire).toEqual(["add"]);
  });

  it("follows a subscription through the end of its token, without gap or repetition", async () => {
    const texts: string[] = [];
    const reasons: unknown[] = [];
    const stop = streaming.follow.subscribe(
      {},
      {
        onData: ({ data }) => texts.push(data),
        onConnectionStateChange: ({ error }) => void (error && reasons.push(reasonOf(error.data))),
      },
    );
    await trpc.add.mutate("second");
    await expect.poll(() => texts.at(-1)).toBe("second");
    await end("token_expired");
    await trpc.add.mutate("third");
    await trpc.add.mutate("fourth");
    await expect.poll(() => texts.at(-1)).toBe("fourth");
    expect(texts).toEqual(await trpc.list.query());
    expect(reasons).toEqual(["token_expired"]);
    stop.unsubscribe();
  });

  it("is what the page shows", () => {
    const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
    const page = read("../../../../docs/trpc-link.md");
    for (const file of ["./server.ts", "./client.ts", "./streaming-client.ts"]) expect(page).toContain(read(file));
  });
});
