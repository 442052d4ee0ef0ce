import { describe, expect, test } from "vitest";
import { createRevocationScene, outcomeOf, settled } from "../test/revocation-scene.ts";
import { startMs } from "../test/scene.ts";
import type { RevocationPage } from "./revocation-source.ts";

const down = () => Promise.reject(new Error("the database is down"));
const never = () => new Promise(() => {});

describe("following", () => {
  test("REF-13: what was committed is refused after the next poll, half a second later", async () => {
    const { revocations, source, pass } = createRevocationScene();
    revocations.start();
    await pass(0);
    source.revoke("session", "s");
    expect(outcomeOf(revocations, { sid: "s" })).toBe("accepted");
    await pass(499);
    expect(outcomeOf(revocations, { sid: "s" })).toBe("accepted");
    await pass(1);
    expect(outcomeOf(revocations, { sid: "s" })).toBe("token_revoked");
    expect(outcomeOf(revocations, { sid: "another" })).toBe("accepted");
  });

  test("a session takes all its tokens along, a token only itself, a key all that it signed", async () => {
    const { revocations, source } = createRevocationScene();
    source.revoke("session", "s");
    source.revoke("token", "t");
    source.revoke("key", "k");
    await revocations.poll();
    expect(outcomeOf(revocations, { sid: "s", jti: "any" })).toBe("token_revoked");
    expect(outcomeOf(revocations, { sid: "any", jti: "t" })).toBe("token_revoked");
    expect(outcomeOf(revocations, {}, "k")).toBe("token_revoked");
    expect(outcomeOf(revocations, { sid: "t", jti: "s" }, "s")).toBe("accepted");
    expect(revocations.size).toBe(3);
  });

  test("is ready once the whole list is here, also when that takes many pages", async () => {
    const { revocations, source, pass } = createRevocationScene({ pageSize: 10 });
    for (let index = 0; index < 95; index++) source.revoke("session", `s${index}`);
    const done = revocations.poll();
    await settled();
    expect(revocations).toMatchObject({ ready: false, size: 10 });
    await pass(0);
    await done;
    expect(revocations).toMatchObject({ ready: true, size: 95, stale: false });
    expect(source.asked.map(({ after }) => after)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
  });

  test("goes on until everything is read from a source that gives fewer at once than asked for", async () => {
    const { revocations, source, pass } = createRevocationScene();
    for (let index = 0; index < 10; index++) source.revoke("session", `s${index}`);
    source.answer = ({ entries, last }) => ({ entries: entries.slice(0, 3), last });
    const done = revocations.poll();
    await pass(0);
    await done;
    expect(revocations).toMatchObject({ ready: true, size: 10 });
  });

  test("asks for what is new alone, and once a minute for everything", async () => {
    const { revocations, source, pass } = createRevocationScene();
    source.revoke("session", "a");
    revocations.start();
    await pass(59_999);
    expect(new Set(source.asked.slice(1).map(({ after }) => after))).toEqual(new Set([1]));
    expect(source.asked.length).toBe(120);
    await pass(1);
    expect(source.asked.slice(120).map(({ after }) => after)).toEqual([1, 0]);
    await pass(59_999);
    expect(source.asked.filter(({ after }) => after === 0)).toHaveLength(2);
  });

  test("the minute's reading finds what appeared under a number that was passed already", async () => {
    const { revocations, source, pass } = createRevocationScene();
    source.revoke("session", "a");
    source.revoke("session", "b");
    revocations.start();
    await pass(0);
    source.entries.unshift({ seq: 1, kind: "session", id: "hidden", expiresAt: startMs / 1000 + 900 });
    await pass(59_000);
    expect(outcomeOf(revocations, { sid: "hidden" })).toBe("accepted");
    await pass(1_000);
    expect(outcomeOf(revocations, { sid: "hidden" })).toBe("token_revoked");
  });

  test("reading a long list again keeps no news waiting", async () => {
    const { revocations, source, pass } = createRevocationScene({ pageSize: 10 });
    for (let index = 0; index < 200; index++) source.revoke("session", `s${index}`, null);
    revocations.start();
    await pass(60_000);
    const before = source.asked.length;
    for (let round = 0; round < 15; round++) {
      source.revoke("session", `new${round}`);
      await pass(500);
      expect(outcomeOf(revocations, { sid: `new${round}` })).toBe("token_revoked");
    }
    // Two questions at each poll: one for the news, and one page of the rest.
    expect(source.asked.length - before).toBe(30);
    expect(source.asked.slice(before).filter(({ after }) => after < 200)).toHaveLength(15);
  });

  test("a page in disorder, with duplicates and replays, leads to the same list", async () => {
    const { revocations, source, pass, told } = createRevocationScene();
    for (let index = 0; index < 20; index++) source.revoke("session", `s${index}`);
    source.answer = ({ entries, last }) => ({ entries: [...entries, ...entries.slice(0, 7)].toReversed(), last });
    await revocations.poll();
    expect(revocations).toMatchObject({ size: 20, ready: true });
    source.answer = () => ({ entries: source.entries.slice(0, 5), last: 20 });
    revocations.start();
    await pass(60_000);
    expect(revocations.size).toBe(20);
    expect(told).toEqual([]);
  });
});

describe("a poll that is asked for", () => {
  test("is shared by all who ask before it begins, and sees what was committed before they asked", async () => {
    const { revocations, source } = createRevocationScene();
    const answers: (() => void)[] = [];
    source.answer = (page) => new Promise((resolve) => answers.push(() => resolve(page)));
    const first = revocations.poll();
    await settled();
    // The answer to the first was made before this, and does not hold it.
    source.revoke("session", "s");
    const second = revocations.poll();
    expect(revocations.poll()).toBe(second);
    answers.shift()?.();
    await first;
    expect(outcomeOf(revocations, { sid: "s" })).toBe("accepted");
    await settled();
    answers.shift()?.();
    await second;
    expect(outcomeOf(revocations, { sid: "s" })).toBe("token_revoked");
    expect(source.asked).toHaveLength(2);
  });

  test("does not reject when the source fails, and puts off the next poll of its own", async () => {
    const { revocations, source, pass, told } = createRevocationScene();
    revocations.start();
    await pass(400);
    source.answer = down;
    await revocations.poll();
    expect(told).toEqual([new Error("the database is down")]);
    source.answer = undefined;
    await pass(499);
    expect(source.asked).toHaveLength(2);
    await pass(1);
    expect(source.asked).toHaveLength(3);
  });
});

describe("F26: the source is gone", () => {
  test.each([10_000, 600_000])(
    "for %i ms: the view is kept, its age shows, and afterwards nothing is missing",
    async (ms) => {
      const { revocations, source, pass, told } = createRevocationScene();
      source.revoke("session", "before");
      revocations.start();
      await pass(0);
      source.answer = down;
      source.revoke("session", "meanwhile");
      await pass(ms);
      expect(outcomeOf(revocations, { sid: "before" })).toBe("token_revoked");
      expect(outcomeOf(revocations, { sid: "meanwhile" })).toBe("accepted");
      expect(revocations.ageMs()).toBe(ms);
      expect(revocations.stale).toBe(ms > 30_000);
      source.answer = undefined;
      await pass(2_000);
      expect(outcomeOf(revocations, { sid: "meanwhile" })).toBe("token_revoked");
      expect(revocations.ageMs()).toBeLessThan(2_000);
      expect(told).toEqual([new Error("the database is down"), "recovered"]);
    },
  );

  test("whenStale accept: tokens go on; what is known stays refused", async () => {
    const { revocations, source, pass } = createRevocationScene({ whenStale: "accept" });
    source.revoke("session", "s");
    revocations.start();
    await pass(0);
    source.answer = down;
    await pass(600_000);
    expect(outcomeOf(revocations)).toBe("accepted");
    expect(outcomeOf(revocations, { sid: "s" })).toBe("token_revoked");
  });

  test("whenStale reject: refused from the moment the view is too old, as our fault; what was revoked is still called so", async () => {
    const { revocations, source, pass } = createRevocationScene({ whenStale: "reject", staleAfterSeconds: 5 });
    source.revoke("session", "s");
    revocations.start();
    await pass(0);
    source.answer = down;
    await pass(5_000);
    expect(outcomeOf(revocations)).toBe("accepted");
    await pass(1);
    expect(outcomeOf(revocations)).toBe("revocations_unknown");
    expect(outcomeOf(revocations, { sid: "s" })).toBe("token_revoked");
    source.answer = undefined;
    await pass(2_000);
    expect(outcomeOf(revocations)).toBe("accepted");
  });

  test("is asked again after at most two seconds, and not by all at one moment", async () => {
    const gapsWith = async (random: number) => {
      const { revocations, source, pass, monotonicMs } = createRevocationScene({ random: () => random });
      const moments: number[] = [];
      source.answer = () => (moments.push(monotonicMs()), down());
      revocations.start();
      await pass(10_000);
      await revocations.stop();
      return moments.map((moment, index) => moment - (moments[index - 1] ?? Number.NaN)).slice(1, 6);
    };
    expect(await gapsWith(1)).toEqual([500, 1_000, 2_000, 2_000, 2_000]);
    expect(await gapsWith(0)).toEqual([250, 500, 1_000, 1_000, 1_000]);
  });
});

test("F27: a source that flaps every second: nothing missed, nothing twice", async () => {
  const { revocations, source, pass, told } = createRevocationScene();
  revocations.start();
  for (let second = 0; second < 100; second++) {
    source.answer = second % 2 === 0 ? undefined : down;
    source.revoke("session", `s${second}`);
    await pass(1_000);
  }
  source.answer = undefined;
  await pass(2_000);
  expect(revocations.size).toBe(100);
  const refused = source.entries.filter(({ id }) => outcomeOf(revocations, { sid: id }) === "token_revoked");
  expect(refused).toHaveLength(100);
  expect(told.filter((word) => word === "recovered")).toHaveLength(told.length / 2);
  expect(source.asked.length).toBeLessThan(250);
});

describe("F28: the list begins anew", () => {
  test("wiped or restored from an older copy: all of the new one is read, and nothing known is forgotten", async () => {
    const { revocations, source, pass } = createRevocationScene();
    for (let index = 0; index < 100; index++) source.revoke("session", `s${index}`);
    revocations.start();
    await pass(0);
    source.entries = source.entries.slice(0, 50);
    source.last = 50;
    for (let index = 0; index < 10; index++) source.revoke("session", `new${index}`);
    await pass(500);
    expect(revocations.size).toBe(110);
    expect(outcomeOf(revocations, { sid: "new0" })).toBe("token_revoked");
    expect(outcomeOf(revocations, { sid: "s99" })).toBe("token_revoked");
    source.entries = [];
    source.last = 0;
    await pass(500);
    source.revoke("session", "first of a new table");
    await pass(500);
    expect(outcomeOf(revocations, { sid: "first of a new table" })).toBe("token_revoked");
  });

  test("is noticed by the counter, also when the last entries are over and gone", async () => {
    const { revocations, source, pass } = createRevocationScene();
    source.revoke("session", "s1");
    source.last = 90;
    revocations.start();
    await pass(0);
    source.last = 5;
    source.entries = [{ seq: 1, kind: "session", id: "other", expiresAt: null }];
    await pass(500);
    expect(outcomeOf(revocations, { sid: "other" })).toBe("token_revoked");
  });

  test("a source that jumps to and fro is a problem, and no endless poll", async () => {
    const { revocations, source, pass, told } = createRevocationScene();
    for (let index = 0; index < 9; index++) source.revoke("session", `s${index}`);
    let round = 0;
    source.answer = ({ entries }) => ({ entries: entries.slice(0, 1), last: 9 - (round++ % 2) });
    const done = revocations.poll();
    await pass(0);
    await done;
    expect(source.asked.length).toBeLessThan(20);
    expect(told).toEqual([new Error("The source of revocations goes back again and again.")]);
    expect(revocations.ready).toBe(false);
  });
});

describe("F29: an answer that never comes", () => {
  test("is given up after the time allowed; polling goes on, and the source is told", async () => {
    const { revocations, source, pass, told } = createRevocationScene();
    revocations.start();
    await pass(0);
    source.answer = never;
    source.revoke("session", "s");
    await pass(5_499);
    expect(source.asked).toHaveLength(2);
    expect(source.asked[1]?.signal.aborted).toBe(false);
    expect(told).toEqual([]);
    await pass(1);
    expect(source.asked[1]?.signal.aborted).toBe(true);
    expect(told).toEqual([new Error("The source of revocations did not answer in time.")]);
    expect(revocations.ageMs()).toBe(5_500);
    source.answer = undefined;
    await pass(2_000);
    expect(outcomeOf(revocations, { sid: "s" })).toBe("token_revoked");
    expect(revocations.ageMs()).toBeLessThan(2_000);
  });

  test("when it comes late after all, changes nothing", async () => {
    const { revocations, source, pass } = createRevocationScene();
    source.revoke("session", "s");
    let answer: ((page: RevocationPage) => void) | undefined;
    source.answer = () => new Promise((resolve) => (answer = resolve));
    revocations.start();
    await pass(5_000);
    answer?.({ entries: [], last: 77 });
    source.answer = undefined;
    await pass(2_000);
    expect(revocations).toMatchObject({ ready: true, size: 1, stale: false });
  });
});

describe("F30: many at once", () => {
  test("are added a thousand at a time, with a turn for others in between, whatever size the pages have", async () => {
    for (const pageSize of [5_000, 100_000]) {
      const sizes: number[] = [];
      const turns: (() => void)[] = [];
      const { revocations, source } = createRevocationScene({
        pageSize,
        schedule: (callback, delayMs) => (delayMs === 0 && turns.push(callback), () => {}),
      });
      for (let index = 0; index < 20_000; index++) source.revoke("session", `s${index}`);
      const done = revocations.poll();
      for (await settled(); turns.length > 0; await settled()) {
        sizes.push(revocations.size);
        turns.shift()?.();
      }
      await done;
      expect(revocations.size).toBe(20_000);
      expect(sizes.length).toBeGreaterThanOrEqual(19);
      const added = sizes.map((size, index) => size - (sizes[index - 1] ?? 0));
      expect(Math.max(...added)).toBeLessThanOrEqual(1_000);
    }
  });

  test("more than there is room for: the view counts as stale, says so once, and recovers", async () => {
    const { revocations, source, pass, told } = createRevocationScene({ maxEntries: 10, whenStale: "reject" });
    revocations.start();
    await pass(0);
    for (let index = 0; index < 12; index++) source.revoke("session", `s${index}`, startMs / 1000 + 100);
    await pass(5_000);
    expect(revocations).toMatchObject({ stale: true, size: 10, ready: true });
    expect(revocations.ageMs()).toBeLessThan(2_000);
    expect(outcomeOf(revocations, { sid: "s0" })).toBe("token_revoked");
    expect(outcomeOf(revocations, { sid: "s11" })).toBe("revocations_unknown");
    await pass(100_000);
    expect(revocations).toMatchObject({ stale: false, size: 0 });
    expect(outcomeOf(revocations)).toBe("accepted");
    expect(told).toEqual([new Error("There is no room for more than 10 revocations."), "recovered"]);
  });

  test("once there is room again, the minute's reading brings in what was left out", async () => {
    const { revocations, source, pass } = createRevocationScene({ maxEntries: 2 });
    source.revoke("session", "short", startMs / 1000 + 30);
    source.revoke("session", "long");
    source.revoke("key", "k");
    revocations.start();
    await pass(45_000);
    expect(revocations).toMatchObject({ ready: false, stale: true });
    await pass(20_000);
    expect(revocations).toMatchObject({ ready: true, stale: false });
    expect(outcomeOf(revocations, {}, "k")).toBe("token_revoked");
  });
});

describe("F31: the start while the source is down", () => {
  test.each(["accept", "reject"] as const)(
    "whenStale %s: not ready and stale until the list was read",
    async (whenStale) => {
      const { revocations, source, pass } = createRevocationScene({ whenStale });
      const before = whenStale === "accept" ? "accepted" : "revocations_unknown";
      expect(revocations).toMatchObject({ ready: false, stale: true });
      expect(revocations.ageMs()).toBe(Number.POSITIVE_INFINITY);
      expect(outcomeOf(revocations)).toBe(before);
      source.answer = down;
      revocations.start();
      await pass(10_000);
      expect(revocations).toMatchObject({ ready: false, stale: true });
      expect(outcomeOf(revocations)).toBe(before);
      source.answer = undefined;
      await pass(2_000);
      expect(revocations).toMatchObject({ ready: true, stale: false });
      expect(outcomeOf(revocations)).toBe("accepted");
    },
  );

  test("half a list is no list: a first reading that breaks off leaves it not ready", async () => {
    const { revocations, source, pass } = createRevocationScene({ pageSize: 10 });
    for (let index = 0; index < 30; index++) source.revoke("session", `s${index}`);
    let left = 2;
    source.answer = (page) => (left-- > 0 ? page : down());
    revocations.start();
    await pass(400);
    expect(revocations).toMatchObject({ ready: false, size: 20 });
    source.answer = undefined;
    await pass(500);
    expect(revocations).toMatchObject({ ready: true, size: 30 });
    // It went on where it had stopped.
    expect(source.asked.map(({ after }) => after)).toEqual([0, 10, 20, 20]);
  });
});

describe("F17: the clock", () => {
  test("stepping back an hour makes an old view no younger, and polls go on", async () => {
    const { revocations, source, pass, clock } = createRevocationScene();
    revocations.start();
    await pass(0);
    source.answer = down;
    await pass(40_000);
    clock.advance(-3_600_000);
    expect(revocations.ageMs()).toBe(40_000);
    expect(revocations.stale).toBe(true);
    source.answer = undefined;
    source.revoke("session", "s");
    await pass(2_000);
    expect(revocations.stale).toBe(false);
    expect(outcomeOf(revocations, { sid: "s" })).toBe("token_revoked");
  });

  test("that was an hour ahead for a while: what seemed over is known again after the next poll", async () => {
    const { revocations, source, pass, clock } = createRevocationScene();
    source.revoke("session", "s");
    revocations.start();
    await pass(0);
    clock.advance(3_600_000);
    await pass(1_000);
    expect(revocations.size).toBe(0);
    clock.advance(-3_600_000);
    await pass(500);
    expect(outcomeOf(revocations, { sid: "s" })).toBe("token_revoked");
  });

  test("runs on while the machine sleeps and monotonic time stands still: the view is old on waking up", async () => {
    const { revocations, pass, clock } = createRevocationScene({ whenStale: "reject" });
    revocations.start();
    await pass(100);
    clock.advance(8 * 3_600_000);
    expect(outcomeOf(revocations)).toBe("revocations_unknown");
    await pass(500);
    expect(outcomeOf(revocations)).toBe("accepted");
  });

  test("that does not tell the time makes no view fresh", async () => {
    let isBroken = false;
    const scene = createRevocationScene({ clock: () => (isBroken ? Number.NaN : startMs) });
    await scene.revocations.poll();
    expect(scene.revocations.stale).toBe(false);
    isBroken = true;
    expect(scene.revocations.stale).toBe(true);
  });
});

describe("what the source says is not trusted", () => {
  test.each([
    undefined,
    null,
    "page",
    [],
    {},
    { entries: [] },
    { entries: {}, last: 1 },
    { entries: [], last: -1 },
    { entries: [], last: 1.5 },
    { entries: [], last: "9" },
    { entries: [], last: 9n },
    { entries: [], last: Number.NaN },
  ])("%o is no page: the poll has failed, the list stays", async (answer) => {
    const { revocations, source, pass, told } = createRevocationScene();
    source.revoke("session", "s");
    revocations.start();
    await pass(0);
    source.answer = () => answer;
    await pass(40_000);
    expect(revocations.stale).toBe(true);
    expect(told).toHaveLength(1);
    expect(outcomeOf(revocations, { sid: "s" })).toBe("token_revoked");
  });

  test.each([
    null,
    "entry",
    [],
    {},
    { seq: 0 },
    { seq: -1 },
    { seq: 1.5 },
    { seq: "2" },
    { seq: 2n },
    { seq: Number.POSITIVE_INFINITY },
    { kind: "user" },
    { kind: "__proto__" },
    { kind: undefined },
    { id: "" },
    { id: 7 },
    { id: "x".repeat(1_025) },
    { expiresAt: undefined },
    { expiresAt: -1 },
    { expiresAt: "never" },
    { expiresAt: Number.NaN },
    { expiresAt: new Date(startMs) },
  ])("a malformed entry (%o) is refused and the poll has failed; the others of its page count", async (wrong) => {
    const { revocations, source, pass, told } = createRevocationScene();
    source.revoke("session", "s1");
    revocations.start();
    await pass(0);
    source.revoke("session", "s2");
    source.revoke("session", "s3");
    const right = { seq: 2, kind: "session", id: "wrong", expiresAt: startMs / 1000 + 900 };
    const isObject = typeof wrong === "object" && wrong !== null && Object.keys(wrong).length > 0;
    const entry = isObject ? { ...right, ...wrong } : wrong;
    source.answer = ({ entries, last }) => ({ entries: [entry, ...entries], last });
    await pass(40_000);
    expect(revocations).toMatchObject({ size: 3, stale: true });
    expect(outcomeOf(revocations, { sid: "s3" })).toBe("token_revoked");
    expect(outcomeOf(revocations, { sid: "wrong" })).toBe("accepted");
    expect(told).toHaveLength(1);
    source.answer = undefined;
    await pass(2_000);
    expect(revocations.stale).toBe(false);
  });

  test("the same page again and again is a problem, and no endless poll", async () => {
    const { revocations, source, told, pass } = createRevocationScene();
    source.revoke("session", "s");
    source.answer = () => ({ entries: source.entries, last: 9 });
    const done = revocations.poll();
    await pass(0);
    await done;
    expect(source.asked).toHaveLength(2);
    expect(told).toEqual([new Error("The source of revocations repeats itself.")]);
  });

  test("an error thrown at once counts like one that comes later", async () => {
    const { revocations, source, told } = createRevocationScene();
    source.listRevocations = () => {
      throw new Error("thrown at once");
    };
    await revocations.poll();
    expect(told).toEqual([new Error("thrown at once")]);
  });
});

describe("start and stop", () => {
  test("after stop nothing is asked, nothing waits, and the list is still there", async () => {
    const { revocations, source, pass, waiting } = createRevocationScene();
    source.revoke("session", "s");
    revocations.start();
    revocations.start();
    await pass(1_000);
    expect(source.asked).toHaveLength(3);
    await revocations.stop();
    await revocations.stop();
    await revocations.poll();
    await pass(60_000);
    expect(source.asked).toHaveLength(3);
    expect(waiting()).toBe(0);
    expect(outcomeOf(revocations, { sid: "s" })).toBe("token_revoked");
  });

  test("stop does not wait for an answer that never comes, and is no problem to tell about", async () => {
    const scene = createRevocationScene();
    scene.source.answer = never;
    scene.revocations.start();
    const queued = scene.revocations.poll();
    await settled();
    await scene.revocations.stop();
    await queued;
    expect(scene.told).toEqual([]);
    expect(scene.waiting()).toBe(0);
    expect(scene.source.asked[0]?.signal.aborted).toBe(true);
  });

  test("stop between two pages leaves the second one unasked", async () => {
    const scene = createRevocationScene({ pageSize: 10 });
    for (let index = 0; index < 30; index++) scene.source.revoke("session", `s${index}`);
    scene.revocations.start();
    await settled();
    const stopped = scene.revocations.stop();
    await scene.pass(0);
    await stopped;
    expect(scene.source.asked).toHaveLength(1);
    expect(scene.revocations).toMatchObject({ size: 10, ready: false });
  });

  test("can be started again", async () => {
    const scene = createRevocationScene();
    scene.revocations.start();
    await scene.pass(0);
    const stopped = scene.revocations.stop();
    scene.revocations.start();
    await stopped;
    scene.source.revoke("session", "s");
    await scene.pass(1_000);
    expect(outcomeOf(scene.revocations, { sid: "s" })).toBe("token_revoked");
    expect(scene.waiting()).toBe(1);
  });

  test("runs on the machine's own timers and monotonic time when none are given", async () => {
    const { source } = createRevocationScene();
    const { createRevocations } = await import("./revocation-follower.ts");
    const revocations = createRevocations({ source, clock: Date.now, whenStale: "reject", pollMs: 1 });
    source.revoke("session", "s", null);
    revocations.start();
    await revocations.poll();
    expect(outcomeOf(revocations, { sid: "s" })).toBe("token_revoked");
    expect(revocations.stale).toBe(false);
    await revocations.stop();
  });
});

test.each([
  [{ source: undefined }, /^source/],
  [{ source: {} }, /^source/],
  [{ clock: 0 }, /^clock/],
  [{ whenStale: undefined }, /^whenStale/],
  [{ whenStale: "refuse" }, /^whenStale/],
  [{ pollMs: 0 }, /^pollMs/],
  [{ pollMs: Number.NaN }, /^pollMs/],
  [{ reloadMs: -1 }, /^reloadMs/],
  [{ pageSize: 1.5 }, /^pageSize/],
  [{ maxEntries: 0 }, /^maxEntries/],
  [{ timeoutMs: Number.POSITIVE_INFINITY }, /^timeoutMs/],
  [{ staleAfterSeconds: 0 }, /^staleAfterSeconds/],
  [{ staleAfterSeconds: Number.NaN }, /^staleAfterSeconds/],
])("wrong options are a TypeError that names the option: %o", (wrong, message) => {
  const make = () => createRevocationScene(wrong as never);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});
