import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ada, createFakeClock, createFakeServer, refusal } from "./harness.ts";

// Speaks HTTP for the paper server, so that the example runs as it stands.
const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const answer = await answerTo(request.url ?? "", request.headers.authorization, body);
  response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
});
const paper = createFakeServer(createFakeClock());

async function answerTo(path: string, authorization: string | undefined, body: string): Promise<Response> {
  const batched = path.includes("?batch=1");
  if (path.includes("auth.whoami") && authorization === undefined) {
    const error: unknown = await refusal(401, "token_missing").json();
    return Response.json(batched ? [error] : error, { status: 401 });
  }
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await paper.fetch(`http://localhost${path.replace(/\?.*/, "")}`, { headers, body });
  return batched ? Response.json([await answer.json()]) : answer;
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.env["SIGNET_URL"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env["ADA_PASSWORD"] = "correct horse battery staple";
});
afterAll(() => void server.close());

describe("the example for Node", () => {
  it("signs in, calls, signs out and is refused", async () => {
    const example = await import("./node-example.ts");
    expect(example.ada).toMatchObject(ada);
    expect(example.refused).toMatchObject({ data: { reason: "token_missing" } });
  });

  it("is what the README shows", () => {
    const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
    expect(read("../README.md")).toContain(read("./node-example.ts"));
  });
});
