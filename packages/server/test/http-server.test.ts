import { once } from "node:events";
import { connect } from "node:net";
import { type Api, createLogger } from "@signet/api";
import { afterEach, describe, expect, test } from "vitest";
import { clientAddress, forwardedAddress, isFromThisMachine } from "../src/client-address.ts";
import { createHttpServer, type HttpServer } from "../src/http-server.ts";

let running: HttpServer | undefined;

afterEach(() => {
  running?.server.close();
});

async function listening(https: boolean): Promise<string> {
  running = createHttpServer({
    origin: https ? "https://signet.example" : "http://localhost:3000",
    trustedProxyHops: 0,
    log: createLogger("silent"),
  });
  running.server.listen(0, "127.0.0.1");
  await once(running.server, "listening");
  const address = running.server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

describe("before it is open", () => {
  test("says that it is alive and not ready", async () => {
    const url = await listening(false);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ ready: false });
    expect((await fetch(url)).headers.get("retry-after")).toBe("2");
  });
});

/** One that has nothing to answer. */
const noApi: Api = {
  owns: () => false,
  handle: () => Promise.reject(new Error("not asked for")),
  trpc: { takes: () => false, handle: () => {} },
  releaseWaiting: () => {},
};

test.each(["/\\other.example", "/a\\b", "*"])(
  "an address such as %s cannot be read, and is no fault of the server: 400 (SRV-06)",
  async (target) => {
    const { port } = new URL(await listening(false));
    const asked: string[] = [];
    running?.open({ ...noApi, handle: async ({ url }) => new Response(asked.push(url).toString()) });
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    let answer = "";
    for await (const bytes of socket) answer += bytes;
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"reason":"input_invalid"');
    expect(asked).toEqual([]);
  },
);

describe("the end (SRV-05)", () => {
  test("an answer under way is finished, and its connection closed, not kept for more", async () => {
    const url = await listening(false);
    let finish: (() => void) | undefined;
    running?.open(noApi, (_request, response) => {
      finish = () => void response.end("done");
    });
    const answer = fetch(url);
    await expect.poll(() => finish).toBeDefined();
    const startedAt = performance.now();
    const drained = running?.drain(10_000);
    finish?.();
    expect(await (await answer).text()).toBe("done");
    await drained;
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  test("a connection that was opened ahead of time and never used holds nothing up", async () => {
    const url = new URL(await listening(false));
    const socket = connect(Number(url.port), "127.0.0.1");
    await once(socket, "connect");
    await expect
      .poll(() => new Promise((resolve) => running?.server.getConnections((_error, count) => resolve(count))))
      .toBe(1);
    const startedAt = performance.now();
    await running?.drain(10_000);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test("what does not end by itself is cut off", async () => {
    const url = new URL(await listening(false));
    running?.open(noApi, () => {});
    const hanging = connect(Number(url.port), url.hostname);
    hanging.on("error", () => {});
    hanging.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(hanging, "connect");
    await running?.drain(100);
    await expect.poll(() => hanging.closed).toBe(true);
  });

  test("nobody is given a WebSocket", async () => {
    const url = new URL(await listening(false));
    running?.server.on("upgrade", () => {});
    const socket = connect(Number(url.port), url.hostname);
    socket.on("error", () => {});
    socket.write(
      "GET /_next/webpack-hmr HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    await expect.poll(() => socket.closed).toBe(true);
  });
});

describe("HSTS (WEB-10)", () => {
  test("two years, with subdomains, where the origin is https", async () => {
    const answer = await fetch(await listening(true));
    expect(answer.headers.get("strict-transport-security")).toBe("max-age=63072000; includeSubDomains");
  });

  test("not where it is http", async () => {
    expect((await fetch(await listening(false))).headers.get("strict-transport-security")).toBeNull();
  });
});

describe("the client's address (PWD-07)", () => {
  const request = (remoteAddress: string, forwardedFor?: string) =>
    ({
      socket: { remoteAddress },
      headers: forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor },
    }) as Parameters<typeof clientAddress>[0];

  test("is the socket's, whatever the client says, while no proxy is trusted", () => {
    expect(clientAddress(request("192.0.2.1", "203.0.113.9"), 0)).toBe("192.0.2.1");
  });

  test("is what the trusted proxies saw: entries further left were written by the client", () => {
    expect(clientAddress(request("10.0.0.1", "1.1.1.1, 203.0.113.9"), 1)).toBe("203.0.113.9");
    expect(clientAddress(request("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2"), 2)).toBe("203.0.113.9");
  });

  test("is the socket's when a proxy says nothing, or fewer stand in front than were promised", () => {
    expect(clientAddress(request("10.0.0.1"), 1)).toBe("10.0.0.1");
    expect(forwardedAddress("203.0.113.9", 2)).toBeUndefined();
  });

  test("has one spelling for an IPv4 client on a dual-stack socket", () => {
    expect(clientAddress(request("::ffff:192.0.2.1"), 0)).toBe("192.0.2.1");
  });
});

describe("a request from this machine, which may read /metrics", () => {
  const request = (host: string | undefined, remoteAddress = "127.0.0.1") =>
    ({ socket: { remoteAddress }, headers: { host } }) as Parameters<typeof isFromThisMachine>[0];

  test.each(["localhost:3000", "LOCALHOST", "127.0.0.1:3000", "127.1.2.3", "[::1]:3000"])("names it %s", (host) => {
    expect(isFromThisMachine(request(host), 0)).toBe(true);
    expect(isFromThisMachine(request(host, "192.0.2.1"), 0)).toBe(false);
  });

  test.each(["rebound.example", "localhost.rebound.example", "127.0.0.1.rebound.example:3000", "", undefined])(
    "is not one that a page of another name has sent: %s",
    (host) => {
      expect(isFromThisMachine(request(host), 0)).toBe(false);
    },
  );
});
