import { describe, expect, it } from "vitest";
import { ada, createFakeClock, flush, setUp } from "../test/harness.ts";
import { createServerClock } from "./server-clock.ts";

const dayMs = 24 * 3600_000;

/** Answers whose Date header a page on another origin may not read. */
function withoutDate(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    response.headers.delete("date");
    return response;
  };
}

describe("a device whose clock is wrong (WEB-05)", () => {
  const wrong: [string, number][] = [
    ["a day behind", -dayMs],
    ["a day ahead", dayMs],
    ["a year behind", -365 * dayMs],
    ["a year ahead", 365 * dayMs],
  ];
  describe.each(wrong)("by %s", (_, offMs) => {
    it.each([
      ["with the server's Date", false],
      ["without it", true],
    ])("renews as everybody else does, %s", async (_name, hidden) => {
      const { client, clock, server, open } = setUp({ here: ada });
      const here = hidden ? open({ fetch: withoutDate(server.fetch) }).client : client;
      clock.setDateOff(offMs);
      const seen = new Set<string>();
      here.subscribe(() => seen.add(here.getState().status));
      here.start();
      await clock.advance(3_600_000);
      expect([...seen]).toEqual(["signed-in"]);
      expect(server.sessions.rotations).toHaveLength(16);
    });
  });

  it.each([
    ["with the server's Date", false],
    ["without it", true],
  ])("and steps back and forth: no loop, nobody signed out, %s", async (_, hidden) => {
    const { client, clock, server, open, tab: first } = setUp({ here: ada });
    const second = open({ fetch: withoutDate(server.fetch) });
    const here = hidden ? second.client : client;
    const tab = hidden ? second.tab : first;
    here.start();
    await flush();
    const seen = new Set<string>();
    here.subscribe(() => seen.add(here.getState().status));
    for (let minute = 0; minute < 60; minute += 1) {
      clock.setDateOff(minute % 2 === 0 ? dayMs : -365 * dayMs);
      tab.events()?.onShown(false);
      await clock.advance(60_000);
    }
    expect([...seen]).toEqual(["signed-in"]);
    expect(server.sessions.rotations.length).toBeLessThanOrEqual(16);
    // At each step forward the server is asked: has the device slept?
    expect(server.count("auth.whoami")).toBeLessThanOrEqual(90);
  });

  it("has no say while the server's time is known", async () => {
    const { client, clock } = setUp({ here: ada });
    client.start();
    await flush();
    const left = client.timeLeftMs();
    clock.setDateOff(-365 * dayMs);
    expect(client.timeLeftMs()).toBe(left);
  });
});

it("a lid that is closed right after a refresh, on another origin: renewed as soon as somebody looks", async () => {
  const { clock, server, open } = setUp({ here: ada });
  const { client, tab } = open({ fetch: withoutDate(server.fetch) });
  client.start();
  await clock.advance(226_000);
  clock.sleep(8 * 3600_000);
  tab.events()?.onShown(false);
  await flush();
  expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  expect(server.sessions.rotations).toHaveLength(2);
});

describe("the server's clock", () => {
  it("runs on by the monotonic clock where only a good token told the time", async () => {
    const clock = createFakeClock();
    clock.setDateOff(365 * dayMs);
    const serverClock = createServerClock(clock);
    const token = { issuedAt: clock.trueMs() / 1000, expiresAt: clock.trueMs() / 1000 + 300 };
    serverClock.observeGood(token);
    expect(serverClock.timeLeftMs(token)).toBe(300_000);
    await clock.advance(100_000);
    clock.setDateOff(-365 * dayMs);
    expect(serverClock.timeLeftMs(token)).toBe(200_000);
    expect(serverClock.ageMs(token)).toBe(100_000);
  });

  it("believes what the server said more than a token", () => {
    const clock = createFakeClock();
    const serverClock = createServerClock(clock);
    serverClock.observe(clock.trueMs() + 50_000);
    const token = { issuedAt: clock.trueMs() / 1000, expiresAt: clock.trueMs() / 1000 + 300 };
    serverClock.observeGood(token);
    expect(serverClock.timeLeftMs(token)).toBe(250_000);
  });

  it("stays as it was for a Date that is none", () => {
    const clock = createFakeClock();
    const serverClock = createServerClock(clock);
    serverClock.observe(Number.NaN);
    expect(serverClock.ageMs({ issuedAt: 0, expiresAt: 1 })).toBeUndefined();
  });
});
