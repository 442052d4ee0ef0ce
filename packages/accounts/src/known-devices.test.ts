import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { createKnownDevices, type KnownDevices } from "./known-devices.ts";

const secret = randomBytes(32).toString("base64url");
const day = 24 * 60 * 60 * 1000;

let nowMs: number;
let devices: KnownDevices;

beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 23);
  devices = createKnownDevices([secret], () => nowMs);
});

/** What a device presents that has kept this mark. */
function keeping({ name, mark }: { name: string; mark: string }, change = (text: string) => text) {
  return new Map([[name, change(mark)]]);
}

describe("the mark of a known device", () => {
  it("is found again for its account, with the password version that it was made under", () => {
    const marks = keeping(devices.make("alice", 3));
    expect(devices.find(marks, "alice")).toEqual({
      deviceId: expect.stringMatching(/^[\w-]{16}$/),
      passwordVersion: 3,
    });
  });

  it("is of a device of its own each time", () => {
    const [one, other] = [devices.make("alice", 1), devices.make("alice", 1)];
    expect(devices.find(keeping(one), "alice")?.deviceId).not.toBe(devices.find(keeping(other), "alice")?.deviceId);
  });

  it("is nothing for another account, under its own name or under the other's", () => {
    const { name, mark } = devices.make("alice", 1);
    expect(devices.find(new Map([[name, mark]]), "bob")).toBeUndefined();
    expect(devices.find(new Map([[devices.make("bob", 1).name, mark]]), "bob")).toBeUndefined();
  });

  it("stands beside marks of other accounts", () => {
    const [alice, bob] = [devices.make("alice", 1), devices.make("bob", 2)];
    const marks = new Map([...keeping(alice), ...keeping(bob)]);
    expect(devices.find(marks, "bob")?.passwordVersion).toBe(2);
  });

  it("tells nobody without the secret whose it is", () => {
    const { name, mark } = devices.make("alice", 1);
    const elsewhere = createKnownDevices([randomBytes(32).toString("base64url")], () => nowMs).make("alice", 1);
    expect(elsewhere.name).not.toBe(name);
    expect(`${name}${mark}`).not.toContain("alice");
  });

  it("is nothing with any character of it changed", () => {
    const made = devices.make("alice", 1);
    const changedAt = (at: number) => (text: string) =>
      text.slice(0, at) + (text[at] === "7" ? "8" : "7") + text.slice(at + 1);
    const found = [...made.mark].map((_, at) => devices.find(keeping(made, changedAt(at)), "alice"));
    expect(found).toEqual(found.map(() => undefined));
    expect(devices.find(keeping(made), "alice")).toBeDefined();
  });

  it.each(["", "x", "....", "a.b.c.d", "\u0000", "__proto__", "9".repeat(200)])("is not %j", (text) => {
    expect(
      devices.find(
        keeping(devices.make("alice", 1), () => text),
        "alice",
      ),
    ).toBeUndefined();
  });

  it("is over after 90 days", () => {
    const marks = keeping(devices.make("alice", 1));
    nowMs += 90 * day - 1000;
    expect(devices.find(marks, "alice")).toBeDefined();
    nowMs += 1000;
    expect(devices.find(marks, "alice")).toBeUndefined();
  });

  it("outlives a change of the secret that keeps the old one, and no other", () => {
    const marks = keeping(devices.make("alice", 1));
    const next = randomBytes(32).toString("base64url");
    expect(createKnownDevices([next, secret], () => nowMs).find(marks, "alice")).toBeDefined();
    expect(createKnownDevices([next], () => nowMs).find(marks, "alice")).toBeUndefined();
  });
});
