// The API as a process: what it serves, its limits, its workers, its start and its end.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { raw, readiness, signUp, whoIs } from "./requests.ts";
import { freePort, password, type RunningApi, startAndFail, startApi } from "./running-api.ts";

const startLimitMs = 60_000;
/** One for all, because making a database takes seconds. */
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
});

afterAll(() => rm(dataDir, { recursive: true, force: true }));

describe("two workers on an embedded database", () => {
  let api: RunningApi;

  beforeAll(async () => {
    api = await startApi({ DATA_DIR: dataDir, WORKERS: "2" });
  }, startLimitMs);

  afterAll(() => api.stop());

  const workers = () =>
    execFileSync("ps", ["--ppid", String(api.process.pid), "-o", "pid=,args="], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes("main.js"))
      .map((line) => Number.parseInt(line, 10));

  test("both know at once what one of them did: a token of one, a sign-out at either", async () => {
    const { accessToken, refreshToken } = await signUp(api.url);
    const verdicts = async () =>
      Promise.all(
        Array.from({ length: 20 }, async () => {
          const headers = { authorization: `Bearer ${accessToken}`, connection: "close" };
          return (await fetch(`${api.url}/api/protected`, { headers })).status;
        }),
      );
    expect(new Set(await verdicts())).toEqual(new Set([200]));
    const body = JSON.stringify({ refresh_token: refreshToken });
    const headers = { "content-type": "application/json" };
    expect((await fetch(`${api.url}/auth/sign-out`, { method: "POST", headers, body })).status).toBe(204);
    await wait(1_000);
    expect(new Set(await verdicts())).toEqual(new Set([401]));
  });

  test("its tokens are those of the web app beside it", async () => {
    const { accessToken } = await signUp(api.url);
    const { claims } = await (await whoIs(api.url, accessToken)).json();
    expect(claims).toMatchObject({ iss: "http://localhost:3000", aud: "http://localhost:3000" });
  });

  test.each(["/", "/notes", "/index.html", "/_next/static/x.js", "/auth/nowhere"])(
    "%s is nothing of the API's: 404 with the body of every refusal",
    async (path) => {
      for (const method of ["GET", "POST"]) {
        const answer = await fetch(api.url + path, { method });
        expect(answer.status).toBe(404);
        expect(await answer.json()).toMatchObject({ reason: "not_found" });
      }
    },
  );

  test("sends the headers of every answer, without pages too (WEB-09)", async () => {
    const answer = await fetch(`${api.url}/nowhere`);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("cuts off headers over 16 KiB and bodies over 64 KiB (SRV-04)", async () => {
    const long = await raw(api.port, `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(17_000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1\.1 431 /);
    const large = await fetch(`${api.url}/api/trpc/auth.signUp`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: "x".repeat(65 * 1024), password: "x" }),
    });
    expect(large.status).toBe(413);
  });

  test("cuts off who sends slowly, and serves others meanwhile (SRV-04)", async () => {
    const startedAt = performance.now();
    const head = raw(api.port, "GET /healthz HTTP/1.1\r\nHost: x\r\n");
    const body = raw(
      api.port,
      "POST /auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    );
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    expect(await head).toMatch(/^HTTP\/1\.1 408 /);
    await body;
    // 15 s for the whole request, looked at every 2 s.
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  test("a worker that dies is replaced, and those who ask meanwhile are answered by the others", async () => {
    const before = workers();
    expect(before).toHaveLength(2);
    const [victim = 0] = before;
    process.kill(victim, "SIGKILL");
    // What was given to it until the primary hears of its end is lost; nothing that begins afterwards is.
    await expect.poll(() => api.output(), { interval: 5, timeout: 10_000 }).toContain("A worker has ended");
    const failures: unknown[] = [];
    while (workers().length < 2) {
      const answer = await readiness(api.url).catch((error: unknown) => ({ status: 0, body: error }));
      if (answer.status !== 200) failures.push(answer);
    }
    for (let i = 0; i < 200; i += 1) {
      const answer = await readiness(api.url);
      if (answer.status !== 200) failures.push(answer);
    }
    expect(failures).toEqual([]);
    expect(api.output()).toContain('"signal":"SIGKILL"');
  });

  test("no process of it is left, and nothing listens, when it has ended", async () => {
    const pids = workers();
    expect(await api.stop()).toBe(0);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    await expect(fetch(api.url)).rejects.toThrow("fetch failed");
    api = await startApi({ DATA_DIR: dataDir, WORKERS: "2" });
  });

  test("workers end with a primary that is killed", async () => {
    const pids = workers();
    await api.stop("SIGKILL");
    await expect.poll(() => pids.filter(isAlive), { timeout: 5_000 }).toEqual([]);
    api = await startApi({ DATA_DIR: dataDir, WORKERS: "2" });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A connection that comes at the very moment may be taken and never given to a worker: it is let go, and another one is tried. */
async function isPortClosed(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(500) });
    return false;
  } catch (error) {
    return !(error instanceof Error && error.name === "TimeoutError");
  }
}

describe("the end (SRV-05)", () => {
  test.each(["1", "2"])(
    "WORKERS=%s: not ready at once, serves on for DRAIN_SECONDS, then ends with 0",
    async (count) => {
      const api = await startApi({ DATA_DIR: dataDir, WORKERS: count, DRAIN_SECONDS: "2" });
      const { accessToken } = await signUp(api.url);
      const startedAt = performance.now();
      const code = api.stop();
      await wait(300);
      for (let i = 0; i < 10; i += 1) {
        expect(await readiness(api.url)).toEqual({
          status: 503,
          body: { ready: false, checks: { process: "stopping" } },
        });
        const answer = await whoIs(api.url, accessToken);
        expect(answer.status).toBe(200);
        expect(answer.headers.get("connection")).toBe("close");
      }
      expect(await code).toBe(0);
      expect(performance.now() - startedAt).toBeGreaterThan(2_000);
    },
  );

  test.each(["1", "2"])("WORKERS=%s: what is under way is finished", async (count) => {
    const api = await startApi({ DATA_DIR: dataDir, WORKERS: count });
    const socket = connect(api.port, "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString()));
    const body = JSON.stringify({ username: "under-way", password, refreshToken: "body" });
    socket.write(
      "POST /api/trpc/auth.signUp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
        `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
    );
    // So the request has certainly arrived.
    await expect.poll(() => answer, { timeout: 10_000 }).toContain("100 Continue");
    answer = "";
    const code = api.stop();
    await expect.poll(() => isPortClosed(api.url), { timeout: 5_000 }).toBe(true);
    const closed = once(socket, "close");
    socket.write(body);
    await closed;
    // The second time the name is taken: that is an answer too.
    expect(answer).toMatch(/^HTTP\/1\.1 (?:200|409) /);
    expect(await code).toBe(0);
  });
});

describe("a public origin without https", () => {
  test.each(["APP_URL", "API_URL"])("as %s does not start", async (name) => {
    const { code, output } = await startAndFail({ [name]: "http://signet.example", PORT: String(await freePort()) });
    expect(code).toBe(1);
    expect(output).toContain(`${name} must be https outside localhost`);
  });

  test("by ALLOW_INSECURE_HTTP starts, and one line of the log says what that means", async () => {
    const settings = { APP_URL: "http://signet.example", ALLOW_INSECURE_HTTP: "true", HOST: "127.0.0.1", WORKERS: "1" };
    const api = await startApi({ DATA_DIR: dataDir, ...settings });
    expect(
      api.output().match(/"level":40[^\n]*ALLOW_INSECURE_HTTP: passwords and tokens travel unencrypted/g),
    ).toHaveLength(1);
    expect(await api.stop()).toBe(0);
  });
});

describe("behind a proxy that says http, with an origin by https", () => {
  test("a password is refused and no session begins; the same by https begins one", async () => {
    const settings = { APP_URL: "https://signet.example", TRUSTED_PROXY_HOPS: "1", HOST: "127.0.0.1", WORKERS: "1" };
    const api = await startApi({ DATA_DIR: dataDir, ...settings, LOG_LEVEL: "trace" });
    const username = `clear-${randomBytes(4).toString("hex")}`;
    const send = (proto: string) =>
      fetch(`${api.url}/api/trpc/auth.signUp`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-forwarded-proto": proto },
        body: JSON.stringify({ username, password, refreshToken: "body" }),
      });
    const refused = await send("http");
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ reason: "https_required" });
    expect(api.output()).not.toContain(username);
    expect((await send("https")).status).toBe(200);
    expect((await send("https")).status).toBe(409);
    expect(await api.stop()).toBe(0);
  });
});

describe("a start that fails", () => {
  test.each(["1", "2"])("WORKERS=%s: a port in use is one sentence, and exit code 1", async (count) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const { code, output } = await startAndFail({ PORT: String(port), WORKERS: count });
    other.close();
    expect(code).toBe(1);
    expect(output.trim()).toBe(
      `Signet's API did not start. Port ${port} is in use by another program. Stop it, or choose another port: PORT=${Number(port) + 1} npm run start:api`,
    );
  });

  test.each([
    { WORKERS: "0" },
    { DRAIN_SECONDS: "1m" },
    { AUTH_SECRET: "short" },
    { AUTH_ALGORITHM: "RS256", AUTH_KEYS_FILE: "/nowhere/keys.json" },
  ])("a bad setting %j ends all workers: one sentence, exit code 1 (KEY-04)", async (settings) => {
    const [name = ""] = Object.keys(settings).slice(-1);
    const { code, output } = await startAndFail({
      DATA_DIR: dataDir,
      PORT: String(await freePort()),
      ...(settings.WORKERS === undefined ? { WORKERS: "3" } : {}),
      ...settings,
    });
    expect(code).toBe(1);
    expect(output.match(new RegExp(`did not start\\. ${name}`, "g"))).toHaveLength(1);
    expect(output).not.toMatch(/\n\s+at /);
  });

  test("a PostgreSQL that cannot be reached does not stop it: alive, not ready, and says so", async () => {
    const {
      url,
      stop,
      process: primary,
    } = await startApi({
      DATABASE_URL: `postgresql://nobody@127.0.0.1:${await freePort()}/signet`,
      AUTH_SECRET: randomBytes(48).toString("base64url"),
      WORKERS: "1",
    });
    expect(primary.exitCode).toBeNull();
    expect(await readiness(url)).toMatchObject({ status: 503, body: { checks: { database: "unreachable" } } });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await stop()).toBe(0);
  });
});
