// On the wire: content types, addresses, sizes, headers and cookies, statuses, and what hooks hear of an error.
import { request as httpRequest } from "node:http";
import { initTRPC, TRPCError } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { serve } from "./serve.ts";

const t = initTRPC.create({ isDev: false });
const router = t.router({
  hello: t.procedure
    .input(z.object({ who: z.string() }).optional())
    .query(({ input }) => `hello ${input?.who ?? "world"}`),
  save: t.procedure.mutation(() => "saved"),
  keep: t.procedure.input(z.string()).mutation(({ input }) => input.length),
  "public.news": t.procedure.query(() => "news"),
  toString: t.procedure.query(() => "named like a method"),
  taken: t.procedure.query(() => {
    throw new TRPCError({ code: "CONFLICT", message: "taken" });
  }),
  throwsObject: t.procedure.query(() => {
    throw { message: "an object", detail: 7 };
  }),
});
const json = { "content-type": "application/json" };

describe("a mutation's content type", () => {
  it("may be JSON, with an empty body too", async () => {
    await using server = await serve({ router });
    const answer = await fetch(`${server.url}/save`, { method: "POST", headers: json });
    expect([answer.status, await answer.json()]).toEqual([200, { result: { data: "saved" } }]);
  });

  it.each([
    ["no content type", {}, "Missing content-type header"],
    [
      "text/plain, as a form of another site sends it",
      { "content-type": "text/plain" },
      'Unsupported content-type "text/plain',
    ],
  ])("is refused: %s", async (_title, headers, message) => {
    await using server = await serve({ router });
    const answer = await fetch(`${server.url}/save`, { method: "POST", headers });
    expect(await answer.json()).toMatchObject({
      error: { message, data: { code: "UNSUPPORTED_MEDIA_TYPE", httpStatus: 415 } },
    });
  });
});

describe("addresses", () => {
  it("with a Host that is no host are refused, and the next request is answered", async () => {
    await using server = await serve({ router });
    const status = await new Promise((resolve, reject) => {
      const headers = { host: "mail.outlook.test%3A25" };
      const sent = httpRequest({ port: server.port, host: "127.0.0.1", path: "/hello", headers }, (answer) => {
        answer.resume().once("end", () => resolve(answer.statusCode));
      });
      sent.once("error", reject).end();
    });
    expect(status).toBe(400);
    expect((await fetch(`${server.url}/hello`)).status).toBe(200);
  });

  it.each(["/hello,save,hello", "/hello%2Chello", "/hello,hello"])(
    "%s, as a batch, has commas in either spelling",
    async (path) => {
      await using server = await serve({ router });
      const answer = await fetch(`${server.url}${path}?batch=1`);
      const bodies = path.includes("save")
        ? { error: { data: { code: "BAD_REQUEST" } } }
        : [{ result: {} }, { result: {} }];
      expect(await answer.json()).toMatchObject(bodies);
    },
  );

  it("may have their input escaped in any way", async () => {
    await using server = await serve({ router });
    const input = JSON.stringify({ who: "Ann & co+" });
    const all = Buffer.from(input).reduce((text, byte) => `${text}%${byte.toString(16)}`, "");
    for (const escaped of [encodeURIComponent(input), all, encodeURIComponent(input).replaceAll("%20", "+")]) {
      const answer = await fetch(`${server.url}/hello?input=${escaped}`);
      expect(await answer.json()).toEqual({ result: { data: "hello Ann & co+" } });
    }
  });

  it("find procedures that are named like an object's methods, and none that nobody made", async () => {
    await using server = await serve({ router });
    expect(await (await fetch(`${server.url}/toString`)).json()).toEqual({ result: { data: "named like a method" } });
    for (const name of ["hasOwnProperty", "constructor", "__proto__"]) {
      expect((await fetch(`${server.url}/${name}`)).status, name).toBe(404);
    }
  });

  it("below a base path are its own", async () => {
    await using server = await serve({ router, basePath: "/api/trpc/" });
    expect((await fetch(`${server.url}/api/trpc/hello`)).status).toBe(200);
    expect((await fetch(`${server.url}/hello`)).status).toBe(404);
  });
});

describe("a body over its bound", () => {
  it.each(["keep", "keep?batch=1"])("is refused with 413: %s", async (path) => {
    await using server = await serve({ router, maxBodySize: 100 });
    const post = (body: string) => fetch(`${server.url}/${path}`, { method: "POST", headers: json, body });
    const wrap = (value: string) => JSON.stringify(path === "keep" ? value : { 0: value });
    expect((await post(wrap("small"))).status).toBe(200);
    const room = 100 - wrap("").length;
    expect((await post(wrap("a".repeat(room)))).status, "as large as allowed").toBe(200);
    const answer = await post(wrap("a".repeat(room + 1)));
    expect(answer.status, "one byte more").toBe(413);
    expect(JSON.stringify(await answer.json())).toContain("PAYLOAD_TOO_LARGE");
  });
});

describe("middleware of the server", () => {
  it("may answer itself", async () => {
    await using server = await serve({
      router,
      middleware: (_request, response) => void response.writeHead(419).end(),
    });
    expect((await fetch(`${server.url}/hello`)).status).toBe(419);
  });

  it("may let the request pass", async () => {
    await using server = await serve({ router, middleware: (_request, _response, next) => next() });
    expect(await (await fetch(`${server.url}/hello`)).json()).toEqual({ result: { data: "hello world" } });
  });
});

describe("responseMeta", () => {
  it.each([
    ["Headers", (value: string) => new Headers({ "cache-control": value })],
    ["an object", (value: string) => ({ "cache-control": value })],
  ])("makes public answers cacheable, and no others, by %s", async (_title, headers) => {
    await using server = await serve({
      router,
      responseMeta({ paths, errors, type }) {
        const isPublic = paths?.every((path) => path.startsWith("public.")) === true;
        return isPublic && errors.length === 0 && type === "query" ? { headers: headers("s-maxage=1") } : {};
      },
    });
    expect((await fetch(`${server.url}/public.news`)).headers.get("cache-control")).toBe("s-maxage=1");
    expect((await fetch(`${server.url}/public.news,hello?batch=1`)).headers.get("cache-control")).toBeNull();
    expect((await fetch(`${server.url}/hello`)).headers.get("cache-control")).toBeNull();
  });

  it("sets several cookies, each on a line of its own", async () => {
    const headers = new Headers([
      ["Set-Cookie", "a=b"],
      ["Set-Cookie", "b=c"],
    ]);
    await using server = await serve({ router, responseMeta: () => ({ headers }) });
    expect((await fetch(`${server.url}/hello`)).headers.getSetCookie()).toEqual(["a=b", "b=c"]);
  });
});

describe("errors", () => {
  it("are heard of once, with the error itself, its path, input and type", async () => {
    const heard: unknown[] = [];
    await using server = await serve({
      router,
      onError: ({ error, path, type, input }) => void heard.push([error.code, error.message, path, type, input]),
    });
    expect((await fetch(`${server.url}/taken`)).status).toBe(409);
    expect(heard).toEqual([["CONFLICT", "taken", "taken", "query", undefined]]);
  });

  it("keep what was thrown as their cause, even if it was no Error", async () => {
    const causes: unknown[] = [];
    await using server = await serve({
      router,
      onError: ({ error }) => void causes.push({ ...error.cause, message: error.message }),
    });
    expect((await fetch(`${server.url}/throwsObject`)).status).toBe(500);
    expect(causes).toEqual([{ message: "an object", detail: 7 }]);
  });

  it("leave a status alone that a context or procedure has set", async () => {
    await using server = await serve({ router, createContext: ({ res }) => ((res.statusCode = 418), {}) });
    expect((await fetch(`${server.url}/taken`)).status).toBe(418);
  });

  it("have no stack outside development", async () => {
    await using server = await serve({ router });
    expect(await (await fetch(`${server.url}/taken`)).text()).not.toContain("stack");
  });
});
