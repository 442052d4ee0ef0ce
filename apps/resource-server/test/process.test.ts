// The built service as a process of its own: its start, its limits on the wire, and its end.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { client, startIssuer, type TestIssuer } from "./test-issuer.ts";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

interface Running {
  url: string;
  port: number;
  child: ChildProcess;
  output(): string;
  ended: Promise<number | null>;
}

let issuer: TestIssuer;
let dataDir: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  issuer = await startIssuer();
  dataDir = await mkdtemp(join(tmpdir(), "signet notes "));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

afterAll(async () => {
  await issuer.kill();
  await rm(dataDir, { recursive: true, force: true });
});

function launch(settings: Record<string, string>): Omit<Running, "url" | "port"> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, [main], {
    env: { PATH, HOME, NODE_ENV: "production", DATA_DIR: dataDir, ISSUER_URL: issuer.url, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text, ended: once(child, "close").then(() => child.exitCode) };
}

/** Starts it, and waits until it is ready. */
async function start(settings: Record<string, string> = {}): Promise<Running> {
  const port = await freePort();
  const launched = launch({ PORT: String(port), CLIENT_ID: client.id, CLIENT_SECRET: client.secret, ...settings });
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (launched.child.exitCode !== null) throw new Error(`It ended: ${launched.output()}`);
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return { ...launched, url, port };
    await wait(20);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}

/** What a client that writes its own bytes gets back. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(text);
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString()));
  await once(socket, "close");
  return answer;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

function add(url: string, token: string, text: string): Promise<Response> {
  return fetch(`${url}/trpc/notes.add`, {
    method: "POST",
    headers: { ...bearer(token), "content-type": "application/json" },
    body: JSON.stringify({ text }),
  });
}

async function list(url: string, token: string): Promise<{ text: string }[]> {
  return (await (await fetch(`${url}/trpc/notes.list`, { headers: bearer(token) })).json()).result.data;
}

describe("the start", () => {
  test.each([
    [{ PORT: "http" }, 'PORT must be a port number from 1 to 65535; found "http".'],
    [{ ISSUER_URL: "localhost:3000" }, "ISSUER_URL must be the issuer's address"],
    [{ CLIENT_ID: "notes" }, "CLIENT_ID is set and CLIENT_SECRET is not"],
  ])("ends with one sentence for %j", async (settings, sentence) => {
    const { ended, output } = launch(settings);
    expect(await ended).toBe(1);
    expect(output()).toContain(`The notes service did not start. ${sentence}`);
    expect(output()).not.toContain("    at ");
  });

  test("says who has the port", async () => {
    const { port } = await start();
    const { ended, output } = launch({ PORT: String(port) });
    expect(await ended).toBe(1);
    expect(output()).toContain(`Port ${port} is in use by another program.`);
  });

  test("without credentials says in log and readiness that revocations are not followed, and is ready", async () => {
    const { url, output } = await start({ CLIENT_ID: "", CLIENT_SECRET: "" });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
      ready: true,
      checks: { keys: "ok", revocations: "not followed" },
    });
    expect(output()).toContain("Revocations are not followed");
    expect((await fetch(`${url}/protected`, { headers: bearer(await issuer.token()) })).status).toBe(200);
  });

  test("with an issuer by http says what that means, where it is allowed at all, and nothing of it otherwise", async () => {
    // A name that nobody has (RFC 6761): the keys are not known, and the service runs.
    const { output } = launch({
      ISSUER_URL: "http://issuer.invalid",
      ALLOW_INSECURE_HTTP: "true",
      HOST: "127.0.0.1",
      PORT: String(await freePort()),
    });
    await expect.poll(output, { timeout: 10_000 }).toContain("The notes service is at");
    expect(output()).toContain("ALLOW_INSECURE_HTTP: the issuer's keys come unencrypted.");
    expect((await start()).output()).not.toContain("ALLOW_INSECURE_HTTP");
  });

  test("never shows the secret", async () => {
    const { url, output } = await start({ LOG_LEVEL: "trace" });
    await fetch(`${url}/metrics`);
    expect(output()).not.toContain(client.secret);
  });
});

describe("an issuer that is gone", () => {
  test("is done without by default; where that is set, only until the view of what was ended is too old (RS-08)", async () => {
    const reject = { STALE_REVOCATIONS: "reject", STALE_REVOCATIONS_AFTER_SECONDS: "2" };
    const [lenient, strict] = await Promise.all([start({ STALE_REVOCATIONS_AFTER_SECONDS: "2" }), start(reject)]);
    const token = await issuer.token();
    const ask = ({ url }: Running) => fetch(`${url}/protected`, { headers: bearer(token) });
    expect([(await ask(lenient)).status, (await ask(strict)).status]).toEqual([200, 200]);
    await issuer.kill();
    try {
      await expect.poll(async () => (await ask(strict)).status, { timeout: 10_000 }).toBe(503);
      expect(await (await ask(strict)).json()).toMatchObject({ reason: "revocations_unknown" });
      // Two processes: their views need not grow old in the same moment.
      await expect
        .poll(async () => (await fetch(`${lenient.url}/readyz`)).json(), { timeout: 10_000 })
        .toMatchObject({ ready: true, checks: { revocations: "stale" } });
      expect((await fetch(`${lenient.url}/readyz`)).status).toBe(200);
      expect((await ask(lenient)).status).toBe(200);
      await expect.poll(() => lenient.output()).toContain("The issuer's revocations cannot be had");
    } finally {
      await issuer.revive();
    }
    await expect.poll(async () => (await ask(strict)).status, { timeout: 20_000 }).toBe(200);
    await expect.poll(() => lenient.output()).toContain("The issuer's revocations can be had again.");
  });
});

describe("on the wire (SRV-04)", () => {
  let running: Running;

  beforeAll(async () => {
    running = await start();
    // Not for `afterEach` to end.
    children.splice(children.indexOf(running.child), 1);
  });

  afterAll(() => running.child.kill("SIGKILL"));

  test("two Authorization lines are refused, of which Node would keep the first without a word (HTTP-08)", async () => {
    const line = `Authorization: Bearer ${await issuer.token()}\r\n`;
    const request = (lines: string) =>
      `GET /protected HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines}\r\n`;
    expect(await raw(running.port, request(line))).toMatch(/^HTTP\/1\.1 200 /);
    const refused = await raw(running.port, request(line + line));
    expect(refused).toMatch(/^HTTP\/1\.1 400 /);
    expect(refused).toContain('"reason":"token_malformed"');
  });

  test("a hundred headers at most: Node would leave out what a proxy writes behind two thousand (HTTP-08)", async () => {
    const request = (count: number) =>
      `GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${"a:\r\n".repeat(count)}X-Forwarded-For: 192.0.2.7\r\n\r\n`;
    expect(await raw(running.port, request(97))).toMatch(/^HTTP\/1\.1 404 /);
    for (const count of [98, 2_100]) expect(await raw(running.port, request(count))).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("headers have 16 KiB at most", async () => {
    const answer = await raw(running.port, `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(17_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test.each([
    [
      "an absolute target",
      "GET http://evil.example/protected HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
    [
      "two lengths",
      "POST /trpc/notes.add HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    ],
    [
      "a length and chunks",
      "POST /trpc/notes.add HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
  ])("%s gets 400", async (_name, request) => {
    expect(await raw(running.port, request)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("a Host that is nonsense changes nothing", async () => {
    const request = (host: string) => `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    expect(await raw(running.port, request("evil.example/@:99999"))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await raw(running.port, request("[::1"))).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("a client that dribbles its headers is cut off", async () => {
    const startedAt = performance.now();
    expect(await raw(running.port, "GET /healthz HTTP/1.1\r\nHost: local")).toMatch(/^HTTP\/1\.1 408 |^$/);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  test("nobody is given a WebSocket", async () => {
    const upgrade = "GET /trpc HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    expect(await raw(running.port, upgrade)).toBe("");
  });

  test("metrics are for this machine, and not for whoever came through a proxy on it", async () => {
    expect((await fetch(`${running.url}/metrics`)).status).toBe(200);
    for (const name of ["x-forwarded-for", "forwarded", "x-real-ip", "via"]) {
      expect((await fetch(`${running.url}/metrics`, { headers: { [name]: "127.0.0.1" } })).status).toBe(404);
    }
  });
});

describe("the end", () => {
  test("by SIGTERM: not ready at once, what is under way is finished, exit code 0 (SRV-05)", async () => {
    const { url, port, child, ended } = await start();
    const token = await issuer.token({ sub: "slow" });
    // A request of which half has come.
    const body = JSON.stringify({ text: "sent slowly" });
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.write(
      `POST /trpc/notes.add HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    );
    await wait(100);
    child.kill("SIGTERM");
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { interval: 10 }).toBe(503);
    // Whoever still comes is served, and sent elsewhere for the next time.
    const late = await fetch(`${url}/protected`, { headers: bearer(token) });
    expect(late.status).toBe(200);
    expect(late.headers.get("connection")).toBe("close");
    await expect
      .poll(() =>
        fetch(`${url}/healthz`).then(
          ({ status }) => status,
          () => "closed",
        ),
      )
      .toBe("closed");
    socket.write(body.slice(5));
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain("sent slowly");
    expect(await ended).toBe(0);
  });

  test("loses no request of a client that asks all the time and follows what it is told (SRV-05)", async () => {
    const first = await start();
    const second = await start();
    const token = await issuer.token();
    const backends = new Set([first.url, second.url]);
    const wrong: unknown[] = [];
    let served = 0;
    // A balancer: asks who is ready, ten times a second, and sends to those.
    const probe = setInterval(() => {
      for (const { url } of [first, second]) {
        void fetch(`${url}/readyz`).then(
          ({ status }) => (status === 200 ? backends.add(url) : backends.delete(url)),
          () => backends.delete(url),
        );
      }
    }, 100);
    const over = new AbortController();
    const load = Array.from({ length: 4 }, async (_, worker) => {
      for (let round = worker; !over.signal.aborted; round += 1) {
        const [...urls] = backends;
        const url = urls[round % urls.length] ?? second.url;
        const status = await fetch(`${url}/protected`, { headers: bearer(token) }).then(
          (answer) => answer.status,
          String,
        );
        if (status === 200) served += 1;
        else wrong.push(status);
      }
    });
    await wait(500);
    first.child.kill("SIGTERM");
    expect(await first.ended).toBe(0);
    await wait(200);
    over.abort();
    await Promise.all(load);
    clearInterval(probe);
    expect(wrong).toEqual([]);
    expect(served).toBeGreaterThan(100);
  });

  test("by Ctrl-C does not wait for balancers", async () => {
    const { child, ended } = await start();
    const startedAt = performance.now();
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(900);
  });

  test("by kill -9 in the middle of writing loses nothing that was answered", async () => {
    const settings = { DATA_DIR: await mkdtemp(join(dataDir, "killed ")) };
    const token = await issuer.token({ sub: "writer" });
    const answered: string[] = [];
    let next = 0;
    for (let round = 0; round < 3; round += 1) {
      const { url, child, ended } = await start(settings);
      const enough = answered.length + 10;
      const writers = Array.from({ length: 4 }, async () => {
        for (;;) {
          const text = `note ${(next += 1)}`;
          const answer = await add(url, token, text).catch(() => undefined);
          if (answer === undefined) return;
          // The answer may be cut off after the note was kept; then nothing was promised.
          const body = await answer.json().catch(() => undefined);
          if (body !== undefined) answered.push(body.result.data.text);
        }
      });
      await expect.poll(() => answered.length, { interval: 1 }).toBeGreaterThan(enough);
      child.kill("SIGKILL");
      await Promise.all([ended, ...writers]);
    }
    const { url } = await start(settings);
    const kept = (await list(url, token)).map(({ text }) => text);
    expect(kept).toEqual(expect.arrayContaining(answered));
    expect(new Set(kept).size).toBe(kept.length);
    expect((await readdir(join(settings.DATA_DIR, "notes"))).filter((name) => name.endsWith(".json"))).toHaveLength(1);
  });
});
