import { describe, expect, it } from "vitest";
import { createKnownSessions } from "./known-sessions.ts";

const known = (userId: string) => ({ userId, salt: new Uint8Array(16) });

describe("sessions that are known", () => {
  it("are found with what was remembered of them", () => {
    const sessions = createKnownSessions();
    sessions.remember("one", known("alice"));
    expect(sessions.find("one")).toEqual(known("alice"));
    expect(sessions.find("two")).toBeUndefined();
  });

  it("are never more than there is room for: the one that was used longest ago goes", () => {
    const sessions = createKnownSessions(2);
    sessions.remember("one", known("alice"));
    sessions.remember("two", known("bob"));
    sessions.find("one");
    sessions.remember("three", known("carol"));
    expect(sessions.find("two")).toBeUndefined();
    expect(sessions.find("one")).toEqual(known("alice"));
    expect(sessions.find("three")).toEqual(known("carol"));
  });

  it("take their room once, however often they are remembered", () => {
    const sessions = createKnownSessions(2);
    sessions.remember("one", known("alice"));
    for (let time = 0; time < 5; time += 1) sessions.remember("two", known("bob"));
    expect(sessions.find("one")).toEqual(known("alice"));
  });
});
