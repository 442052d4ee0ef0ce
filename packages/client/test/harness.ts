// A clock, a network and a browser made of paper: tests own the time, what the server answers, and what is stored.

import type { AddressToken } from "../src/address-token.ts";
import { createAuthClient } from "../src/auth-client.ts";
import type { AuthClientOptions } from "../src/auth-client-options.ts";
import type { ClientClock } from "../src/client-clock.ts";
import {
  type ClientStorage,
  createMemoryStorage,
  type StorageKey,
  tokenKey,
  type WebStorage,
} from "../src/client-storage.ts";
import type { PageEventHandlers, PageEvents } from "../src/page-events.ts";
import { createPageLocks } from "../src/page-locks.ts";
import { createFakeHandOvers } from "./fake-hand-overs.ts";
import { createFakeSessions, startMs, type TestPerson } from "./fake-sessions.ts";

export { ada, bob, type TestPerson, tokenFor } from "./fake-sessions.ts";

export const baseUrl = "https://app.example";

export { startMs } from "./fake-sessions.ts";

export interface FakeClock extends ClientClock {
  advance(ms: number): Promise<void>;
  /** The true time, which the server's answers carry. */
  trueMs(): number;
  /** Sets the date of the device wrong by so much. */
  setDateOff(ms: number): void;
  /** The lid is closed: time goes by, and neither timers nor the monotonic clock notice. */
  sleep(ms: number): void;
  /** Time goes by and the monotonic clock with it, but timers fire only later: a frozen tab. */
  freeze(ms: number): void;
}

export function createFakeClock(): FakeClock {
  let elapsedMs = 0;
  let dateOffMs = 0;
  let asleepMs = 0;
  let timers: { atMs: number; callback: () => void }[] = [];
  return {
    monotonicMs: () => 1_000 + elapsedMs,
    dateMs: () => startMs + elapsedMs + asleepMs + dateOffMs,
    trueMs: () => startMs + elapsedMs + asleepMs,
    setDateOff(ms) {
      dateOffMs = ms;
    },
    sleep(ms) {
      asleepMs += ms;
    },
    freeze(ms) {
      elapsedMs += ms;
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
        elapsedMs = Math.max(elapsedMs, next.atMs);
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

type Answer = Response | Promise<Response>;
export interface RecordedRequest {
  /** Of a procedure its name, of a plain endpoint its path. */
  path: string;
  authorization: string | null;
  body: Record<string, unknown>;
  init: RequestInit;
}

/** Answers as Signet's API does; `respond` replaces that for the next requests. */
export function createFakeServer(clock: FakeClock) {
  const requests: RecordedRequest[] = [];
  const refused = new Map<string, string>();
  const sessions = createFakeSessions(clock);
  const handOvers = createFakeHandOvers({ clock, sessions, ok, refusal });
  let special: ((request: RecordedRequest) => Answer | undefined) | undefined;

  /** One browser's way to the server. Its cookies change when an answer arrives, not when it is sent. */
  function connect(jar: Map<string, number> = new Map()) {
    const fetch: typeof globalThis.fetch = async (input, init = {}) => {
      const url = new URL(String(input));
      const request: RecordedRequest = {
        path: url.pathname.replace("/api/trpc/", ""),
        authorization: new Headers(init.headers).get("authorization"),
        body:
          typeof init.body === "string" && init.body !== "" ? (JSON.parse(init.body) as Record<string, unknown>) : {},
        init,
      };
      requests.push(request);
      const sent = special?.(request) ?? answer(request, jar);
      const aborted = new Promise<never>((_, reject) =>
        init.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError"))),
      );
      aborted.catch(() => {});
      const arrived = await Promise.race([sent, aborted]);
      if (init.credentials === "include") sessions.cookiesOf(arrived)?.(jar);
      return arrived;
    };
    return { fetch, jar };
  }

  const { fetch, jar } = connect();

  /** What the server does and says, whether or not the answer ever arrives. */
  function answer({ path, authorization, body, init }: RecordedRequest, cookies = jar): Response {
    const token = authorization?.replace("Bearer ", "") ?? "";
    const sent = init.credentials === "include" ? cookies : new Map<string, number>();
    const done = sessions.answer(path, body, token, sent) ?? handOvers.answer(path, body, token);
    if (done !== undefined) return done;
    if (path !== "auth.whoami") return refusal(404, "not_found");
    return whoami(token);
  }

  function whoami(token: string): Response {
    const reason = refused.get(token) ?? sessions.refusalOf(token);
    if (reason !== undefined) return refusal(401, reason, { retry: true }, dateHeader());
    const { sub, preferred_username, sid, iat, exp } = sessions.claimsOf(token);
    return ok({ subject: sub, username: preferred_username, scope: [], sessionId: sid, issuedAt: iat, expiresAt: exp });
  }

  function dateHeader() {
    return { date: new Date(clock.trueMs()).toUTCString() };
  }

  function ok(data: unknown): Response {
    return Response.json({ result: { data } }, { headers: dateHeader() });
  }

  return {
    fetch,
    jar,
    connect,
    requests,
    sessions,
    handOvers,
    answer,
    ok,
    whoami,
    /** From now on this token is refused. */
    refuse: (token: string, reason = "token_invalid") => void refused.set(token, reason),
    /** Answers all requests from now on; `undefined` leaves it to the standard answer. */
    respond(next: typeof special) {
      special = next;
    },
    count: (path: string) => requests.filter((request) => request.path === path).length,
    /** The server does it, and the answer never arrives. */
    lose(path: string) {
      special = (request) => {
        if (request.path !== path) return undefined;
        answer(request);
        return networkError();
      };
    },
  };
}

export function refusal(status: number, reason: string, more: Record<string, unknown> = {}, headers = {}): Response {
  const error = { message: "A sentence.", code: -32001, data: { httpStatus: status, reason, ...more } };
  return Response.json({ error }, { status, headers });
}

export const networkError = () => Promise.reject(new TypeError("fetch failed"));

/** One browser: what several tabs share, and how they hear of each other. */
export function createFakeBrowser(kept: string | null = null) {
  const items = new Map<StorageKey, string>();
  if (kept !== null) items.set(tokenKey, kept);
  const tabs: (PageEventHandlers | undefined)[] = [];
  const storage: ClientStorage = {
    read: (key) => items.get(key) ?? null,
    write: (key, value) => void items.set(key, value),
    remove: (key) => void items.delete(key),
  };
  return {
    items,
    locks: createPageLocks(),
    stored: () => items.get(tokenKey) ?? null,
    /** As a hand in the developer tools, or a tab of an older version, would. */
    store(value: string | null) {
      if (value === null) items.delete(tokenKey);
      else items.set(tokenKey, value);
      for (const tab of tabs) tab?.onStorageChanged();
    },
    tab(): { storage: ClientStorage; pageEvents: PageEvents; events: () => PageEventHandlers | undefined } {
      const index = tabs.push(undefined) - 1;
      return {
        storage,
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

/** What one tab keeps from page to page, and where its pages have sent the browser. */
export function createFakeTab() {
  const items = new Map<string, string>();
  const went: string[] = [];
  const tabStorage: WebStorage = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
  return { items, went, tabStorage, navigate: (url: string) => void went.push(url) };
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

export interface SetUpOptions extends Partial<AuthClientOptions> {
  /** A token in storage of which the server knows no session: it can't be renewed. */
  kept?: string | null;
  /** Somebody who has signed in before: a session, its cookie, and its token in storage. */
  here?: TestPerson;
}

/** A client in a browser of its own. */
export function setUp(options: SetUpOptions = {}) {
  const { kept = null, here, ...rest } = options;
  const clock = createFakeClock();
  const server = createFakeServer(clock);
  const browser = createFakeBrowser(here === undefined ? kept : server.sessions.begin(here, server.jar));
  const open = (more: Partial<AuthClientOptions> = {}) => {
    const tab = browser.tab();
    const client = createAuthClient({
      baseUrl,
      clock,
      fetch: server.fetch,
      random: () => 0.5,
      refreshToken: "cookie",
      storage: tab.storage,
      pageEvents: tab.pageEvents,
      locks: browser.locks,
      ...rest,
      ...more,
    });
    return { client, tab };
  };
  const { client, tab } = open();
  return { clock, server, browser, client, tab, open, memory: createMemoryStorage };
}
