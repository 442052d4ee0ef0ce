import { once } from "node:events";
import { createLogger } from "@signet/api";
import { afterEach, describe, expect, test } from "vitest";
import { clientAddress, forwardedAddress } from "../src/server/client-address.ts";
import { createHttpServer, type HttpServer } from "../src/server/http-server.ts";

let running: HttpServer | undefined;

afterEach(() => {
  running?.server.close();
});

async function listening(https: boolean): Promise<string> {
  running = createHttpServer({ https, trustedProxyHops: 0, log: createLogger("silent") });
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
