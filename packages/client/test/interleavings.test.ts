// Any order of what can happen to two tabs of one browser: answers that are lost, late or never come, people who sign in
// and out, clocks that are set, lids that are closed, pages that are loaded again.

import fc from "fast-check";
import { expect, it } from "vitest";
import { createAuthClient } from "../src/auth-client.ts";
import type { Locks } from "../src/page-locks.ts";
import {
  ada,
  baseUrl,
  createFakeBrowser,
  createFakeClock,
  createFakeServer,
  flush,
  networkError,
  type RecordedRequest,
} from "./harness.ts";

type Network = "fine" | "down" | "lost" | "late" | "hanging" | "html";
type Step =
  | { do: "wait"; seconds: number }
  | { do: "sleep"; hours: number }
  | { do: "freeze"; seconds: number }
  | { do: "network"; is: Network }
  | { do: "date"; days: number }
  | { do: "shown" | "online" | "reload" | "refused" | "signOut"; tab: number }
  | { do: "signIn"; tab: number; as: "ada" | "bob" }
  | { do: "endElsewhere" };

const tab = fc.constantFrom(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: 0, max: 400 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("sleep" as const), hours: fc.integer({ min: 1, max: 9 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("freeze" as const), seconds: fc.integer({ min: 1, max: 900 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("network" as const),
      is: fc.constantFrom<Network>("fine", "down", "lost", "late", "hanging", "html"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("date" as const), days: fc.integer({ min: -400, max: 400 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom("shown" as const, "online", "reload", "refused"), tab }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("signOut" as const), tab }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("signIn" as const), tab, as: fc.constantFrom("ada" as const, "bob") }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("endElsewhere" as const) }) },
);

const noLocks: Locks = { request: (_name, _options, work) => work() };

function createWorld(withLocks: boolean) {
  const clock = createFakeClock();
  const server = createFakeServer(clock);
  const browser = createFakeBrowser(server.sessions.begin(ada, server.jar));
  let network: Network = "fine";
  /** Who was signed in last; null since somebody signed out. */
  let here: string | null = "ada";
  /** The server has ended what was here. */
  let ended = false;

  server.respond((request) => {
    // Whoever signs in gets an answer or none: what is late there is another test's matter.
    const signingIn = request.path === "auth.issueToken";
    if (signingIn && network === "fine") {
      here = String(request.body["username"]);
      ended = false;
    }
    return through(signingIn && network !== "fine" ? "down" : network, request);
  });

  function through(way: Network, request: RecordedRequest): Response | Promise<Response> | undefined {
    switch (way) {
      case "fine":
        return undefined;
      case "down":
        return networkError();
      case "html":
        return new Response("<html>Welcome to the hotel</html>", { headers: { "content-type": "text/html" } });
      case "hanging":
        return new Promise(() => {});
      case "lost":
        server.answer(request);
        return networkError();
      case "late": {
        const answer = server.answer(request);
        return new Promise((resolve) => clock.after(7_000, () => resolve(answer)));
      }
    }
  }

  function open() {
    const own = browser.tab();
    let closed = false;
    const client = createAuthClient({
      baseUrl,
      clock,
      random: () => 0.5,
      refreshToken: "cookie",
      storage: own.storage,
      pageEvents: own.pageEvents,
      locks: withLocks ? browser.locks : noLocks,
      // What a closed page has sent still reaches the server and the cookies, but nobody hears of it.
      async fetch(input, init) {
        if (closed) return new Promise(() => {});
        const response = await server.fetch(input, init);
        return closed ? new Promise(() => {}) : response;
      },
    });
    const stop = client.start();
    return {
      client,
      events: own.events,
      close() {
        closed = true;
        stop();
      },
    };
  }

  const tabs = [open(), open()];
  const at = (index: number) => tabs[index] ?? open();

  async function run(next: Step): Promise<void> {
    switch (next.do) {
      case "wait":
        return clock.advance(next.seconds * 1000);
      case "sleep":
        return clock.sleep(next.hours * 3600_000);
      case "freeze":
        return clock.freeze(next.seconds * 1000);
      case "network":
        network = next.is;
        return;
      case "date":
        return clock.setDateOff(next.days * 24 * 3600_000);
      case "shown":
        return at(next.tab).events()?.onShown(true);
      case "online":
        return at(next.tab).events()?.onOnline();
      case "reload":
        at(next.tab).close();
        tabs[next.tab] = open();
        return;
      case "refused": {
        const stored = browser.stored();
        if (stored !== null) void at(next.tab).client.renew(stored);
        return;
      }
      case "signOut":
        here = null;
        void at(next.tab).client.signOut();
        return;
      case "signIn":
        void at(next.tab)
          .client.signIn({ username: next.as, password: "correct horse battery staple" })
          .catch(() => {});
        return;
      case "endElsewhere":
        ended = true;
        for (const name of ["ada", "bob"])
          for (const n of ["", "-2", "-3", "-4"]) server.sessions.end(`sid-${name}${n}`);
    }
  }

  function holds(after: string): void {
    for (const { client } of tabs) {
      const state = client.getState();
      if (here === null) expect([after, state.status]).not.toEqual([after, "signed-in"]);
      else if (!ended) expect([after, state.status]).not.toEqual([after, "signed-out"]);
      if (state.status === "signed-in") expect([after, state.user.username]).toEqual([after, here]);
    }
    if (here === null) expect([after, browser.stored()]).toEqual([after, null]);
    expect([after, server.sessions.thefts]).toEqual([after, []]);
  }

  return {
    clock,
    server,
    run,
    holds,
    /** Everything is well again: who is here, then? */
    async settle() {
      network = "fine";
      for (const { events } of tabs) events()?.onOnline();
      await clock.advance(400_000);
      for (const { events } of tabs) events()?.onShown(true);
      await clock.advance(60_000);
      const expected = here === null || ended ? "signed-out" : "signed-in";
      expect(tabs.map(({ client }) => client.getState().status)).toEqual([expected, expected]);
    },
  };
}

it.each([
  ["with Web Locks", true, 20_301],
  ["without them", false, 20_302],
])(
  "never signs out by accident, never comes back by itself, %s",
  async (_, withLocks, seed) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const world = createWorld(withLocks);
        await flush();
        for (const [index, next] of steps.entries()) {
          await world.run(next);
          await flush();
          world.holds(`${index} ${JSON.stringify(next)}`);
        }
        await world.settle();
        world.holds("in the end");
      }),
      { numRuns: 250, seed },
    );
  },
  120_000,
);
