// A clock, a network and a browser made of paper: tests own the time, what the server answers, and what is stored.

import type { AddressToken } from "../src/address-token.ts";
import { type AuthClientOptions, createAuthClient } from "../src/auth-client.ts";
import type { ClientClock } from "../src/client-clock.ts";
import type { PageEventHandlers, PageEvents } from "../src/page-events.ts";
import { createMemoryStorage, type TokenStorage } from "../src/token-storage.ts";

export const baseUrl = "https://app.example";

/** 2030-01-01, so that nothing depends on the day a test runs. */
export const startMs = Date.UTC(2030, 0, 1);

export interface FakeClock extends ClientClock {
  advance(ms: number): Promise<void>;
  /** The true time, which the server's answers carry. */
  trueMs(): number;
  /** Sets the date of the device wrong by so much. */
  setDateOff(ms: number): void;
}

export function createFakeClock(): FakeClock {
  let elapsedMs = 0;
  let dateOffMs = 0;
  let timers: { atMs: number; callback: () => void }[] = [];
  return {
    monotonicMs: () => 1_000 + elapsedMs,
    dateMs: () => startMs + elapsedMs + dateOffMs,
    trueMs: () => startMs + elapsedMs,
    setDateOff(ms) {
      dateOffMs = ms;
    },
    after(ms, callback) {
      const timer = { atMs: elapsedMs + ms, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async advance(ms) {
      await flush();
      const untilMs = elapsedMs + ms;
      for (;;) {
        const next = timers.toSorted((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > untilMs) break;
        elapsedMs = next.atMs;
        timers = timers.filter((other) => other !== next);
        next.callback();
        await flush();
      }
      elapsedMs = untilMs;
      await flush();
    },
  };
}

/** Lets everything that waits for a promise go on. */
export async function flush(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** An answer that a test gives when it likes. */
export function later(): { answer: Promise<Response>; give: (response: Response) => void } {
  let give: (response: Response) => void = () => {};
  const answer = new Promise<Response>((resolve) => {
    give = resolve;
  });
  return { answer, give: (response) => give(response) };
}

export interface TestPerson {
  subject: string;
  username: string;
  sessionId: string;
}

export const ada: TestPerson = { subject: "sub-ada", username: "ada", sessionId: "sid-ada" };
export const bob: TestPerson = { subject: "sub-bob", username: "bob", sessionId: "sid-bob" };

/** A token of the right shape; its signature is a word, as nothing here verifies one. */
export function tokenFor(person: TestPerson, times: { issuedAt?: number; expiresAt?: number } = {}): string {
  const issuedAt = times.issuedAt ?? startMs / 1000;
  const claims = {
    sub: person.subject,
    sid: person.sessionId,
    preferred_username: person.username,
    scope: "",
    iat: issuedAt,
    exp: times.expiresAt ?? issuedAt + 300,
  };
  return [{ alg: "none-of-ours", typ: "at+jwt" }, claims, "signature"]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
}

type Answer = Response | Promise<Response>;
export interface RecordedRequest {
  path: string;
  authorization: string | null;
  init: RequestInit;
}

/** Answers as Signet's API does, from the claims in the token; `respond` replaces that for the next requests. */
export function createFakeServer(clock: FakeClock) {
  const requests: RecordedRequest[] = [];
  const refused = new Map<string, string>();
  let special: ((request: RecordedRequest) => Answer | undefined) | undefined;

  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const url = new URL(String(input));
    const request = {
      path: url.pathname.replace("/api/trpc/", ""),
      authorization: new Headers(init.headers).get("authorization"),
      init,
    };
    requests.push(request);
    const answer = special?.(request);
    const aborted = new Promise<never>((_, reject) =>
      init.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError"))),
    );
    aborted.catch(() => {});
    return Promise.race([answer ?? standard(request), aborted]);
  };

  function standard({ path, authorization, init }: RecordedRequest): Response {
    if (path === "auth.whoami") return whoami(authorization?.replace("Bearer ", "") ?? "");
    const { username } = JSON.parse(String(init.body)) as { username: string };
    const person = { subject: `sub-${username}`, username, sessionId: `sid-${username}` };
    const issuedAt = Math.floor(clock.trueMs() / 1000);
    return ok({
      accessToken: tokenFor(person, { issuedAt }),
      tokenType: "Bearer",
      expiresIn: 300,
      expiresAt: issuedAt + 300,
      sessionId: person.sessionId,
    });
  }

  function whoami(token: string): Response {
    const reason = refused.get(token);
    if (reason !== undefined) return refusal(401, reason);
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<
      string,
      unknown
    >;
    if (Number(claims["exp"]) * 1000 <= clock.trueMs()) return refusal(401, "token_expired");
    return ok({
      subject: claims["sub"],
      username: claims["preferred_username"],
      scope: [],
      sessionId: claims["sid"],
      issuedAt: claims["iat"],
      expiresAt: claims["exp"],
    });
  }

  function ok(data: unknown): Response {
    return Response.json({ result: { data } }, { headers: { date: new Date(clock.trueMs()).toUTCString() } });
  }

  return {
    fetch,
    requests,
    ok,
    whoami,
    /** From now on this token is refused. */
    refuse: (token: string, reason = "token_invalid") => void refused.set(token, reason),
    /** Answers all requests from now on; `undefined` leaves it to the standard answer. */
    respond(next: typeof special) {
      special = next;
    },
    count: (path: string) => requests.filter((request) => request.path === path).length,
  };
}

export function refusal(status: number, reason: string, more: Record<string, unknown> = {}, headers = {}): Response {
  const error = { message: "A sentence.", code: -32001, data: { httpStatus: status, reason, ...more } };
  return Response.json({ error }, { status, headers });
}

export const networkError = () => Promise.reject(new TypeError("fetch failed"));

/** One browser: what several tabs share, and how they hear of each other. */
export function createFakeBrowser(kept: string | null = null) {
  let stored = kept;
  const tabs: (PageEventHandlers | undefined)[] = [];
  return {
    stored: () => stored,
    /** As a hand in the developer tools, or a tab of an older version, would. */
    store(value: string | null) {
      stored = value;
      for (const tab of tabs) tab?.onStorageChanged();
    },
    tab(): { storage: TokenStorage; pageEvents: PageEvents; events: () => PageEventHandlers | undefined } {
      const index = tabs.push(undefined) - 1;
      return {
        storage: {
          read: () => stored,
          write: (token) => {
            stored = token;
          },
          remove: () => {
            stored = null;
          },
        },
        events: () => tabs[index],
        pageEvents: {
          announce: () => {
            for (const [other, tab] of tabs.entries()) if (other !== index) tab?.onStorageChanged();
          },
          listen(handlers) {
            tabs[index] = handlers;
            return () => {
              tabs[index] = undefined;
            };
          },
        },
      };
    },
  };
}

export function fakeAddress(token: string | null, askedFor = false): AddressToken {
  let left = token;
  return {
    capture: () => {},
    take: () => {
      const taken = left;
      left = null;
      return taken;
    },
    expect: () => {},
    takeExpectation: () => askedFor,
  };
}

/** A started client in a browser of its own. */
export function setUp(options: Partial<AuthClientOptions> & { kept?: string | null } = {}) {
  const clock = createFakeClock();
  const server = createFakeServer(clock);
  const browser = createFakeBrowser(options.kept ?? null);
  const { kept: _, ...rest } = options;
  const open = (more: Partial<AuthClientOptions> = {}) => {
    const tab = browser.tab();
    const client = createAuthClient({
      baseUrl,
      clock,
      fetch: server.fetch,
      random: () => 0.5,
      storage: tab.storage,
      pageEvents: tab.pageEvents,
      ...rest,
      ...more,
    });
    return { client, tab };
  };
  const { client, tab } = open();
  return { clock, server, browser, client, tab, open, memory: createMemoryStorage };
}
