import { parseOptions, verifySync } from "@node-rs/argon2";
import { AuthError } from "@signet/auth/errors";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createPasswordHasher, type PasswordHasher } from "./password-hasher.ts";

const cheap = { memoryKib: 64, passes: 1, lanes: 1 };
const opened: PasswordHasher[] = [];

function open(options: Parameters<typeof createPasswordHasher>[0]): PasswordHasher {
  const hasher = createPasswordHasher(options);
  opened.push(hasher);
  return hasher;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((hasher) => hasher.close()));
});

describe("Argon2id (PWD-04)", () => {
  const hasher = createPasswordHasher({ threads: 1 });
  afterAll(() => hasher.close());

  it("hashes with 19 MiB, two passes, one lane and a salt of 16 bytes, written into the hash", async () => {
    const phc = await hasher.hash("vexing olive skies");
    expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(parseOptions(phc)).toMatchObject({ saltLen: 16, outputLen: 32 });
    expect(verifySync(phc, "vexing olive skies")).toBe(true);
  });

  it("salts each hash anew", async () => {
    expect(await hasher.hash("vexing olive skies")).not.toBe(await hasher.hash("vexing olive skies"));
  });

  it("asks for another hash when the cost has changed, and only then", async () => {
    expect(hasher.needsRehash(await hasher.hash("vexing olive skies"))).toBe(false);
    for (const other of [{ memoryKib: 32 }, { passes: 2 }, { lanes: 2 }]) {
      const old = await open({ cost: { ...cheap, ...other }, threads: 1 }).hash("vexing olive skies");
      expect(open({ cost: cheap, threads: 1 }).needsRehash(old)).toBe(true);
    }
  });
});

describe("the whole password counts (PWD-03)", () => {
  it("tells apart what differs only after 72 bytes, after a NUL, in case or in a space at the end", async () => {
    const hasher = open({ cost: cheap, threads: 1 });
    const long = "x".repeat(1_000);
    const pairs = [
      [`${long}a`, `${long}b`],
      ["before\0after", "before\0other"],
      ["vexing olive", "Vexing olive"],
      ["vexing olive", "vexing olive "],
    ] as const;
    for (const [password, other] of pairs) {
      const phc = await hasher.hash(password);
      expect(await hasher.verify(phc, password)).toBe(true);
      expect(await hasher.verify(phc, other)).toBe(false);
    }
  });

  it("takes composed and decomposed accents for the same password", async () => {
    const hasher = open({ cost: cheap, threads: 1 });
    const phc = await hasher.hash("cafe\u0301 au lait");
    expect(await hasher.verify(phc, "caf\u00e9 au lait")).toBe(true);
    expect(await hasher.verify(await hasher.hash("caf\u00e9 au lait"), "cafe\u0301 au lait")).toBe(true);
  });
});

describe("a bounded queue off the event loop (PWD-11)", () => {
  it("refuses at once with a time to come back when it is full, and works again afterwards", async () => {
    const hasher = open({ threads: 1, maxWaitingPerThread: 3 });
    const tries = Array.from({ length: 20 }, () => hasher.hash("vexing olive skies"));
    const outcomes = await Promise.allSettled(tries);
    const refused = outcomes
      .filter((outcome) => outcome.status === "rejected")
      .map(({ reason }) => reason as AuthError);
    expect(refused).toHaveLength(16);
    for (const error of refused) expect(error).toMatchObject({ reason: "busy", retryAfterSeconds: 1 });
    expect(await hasher.hash("vexing olive skies")).toContain("$argon2id$");
  });

  it("refuses before any of the waiting work is done", async () => {
    const hasher = open({ threads: 1, maxWaitingPerThread: 1 });
    let finished = 0;
    const accepted = [hasher.hash("one"), hasher.hash("two")].map((hash) => hash.then(() => (finished += 1)));
    await expect(hasher.hash("three")).rejects.toBeInstanceOf(AuthError);
    expect(finished).toBe(0);
    await Promise.all(accepted);
  });

  it("leaves the event loop free while it hashes", async () => {
    const hasher = open({ threads: 1 });
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await Promise.all(Array.from({ length: 10 }, () => hasher.hash("vexing olive skies")));
    clearInterval(timer);
    // On the event loop itself there would be none.
    expect(turns).toBeGreaterThan(5);
  });

  it("leaves libuv's threads free: other cryptography does not wait for a hash", async () => {
    const hasher = open({ cost: { memoryKib: 65_536, passes: 4, lanes: 1 }, threads: 1 });
    let hashed = 0;
    // Twice as many as libuv has threads: had they been given to it, the digests would come after the first of them.
    const slow = Array.from({ length: 8 }, () => hasher.hash("vexing olive skies").then(() => (hashed += 1)));
    for (let round = 0; round < 8; round += 1) await crypto.subtle.digest("SHA-256", new Uint8Array(32));
    expect(hashed).toBe(0);
    await Promise.all(slow);
  });
});
