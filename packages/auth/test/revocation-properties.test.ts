// Whatever happens on the way, a process ends up refusing exactly what was revoked and is not over (F26–F28).

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createRevocationList } from "../src/revocation-list.ts";
import type { RevocationEntry } from "../src/revocation-source.ts";
import { fixedClock } from "../src/testing.ts";
import { createRevocationScene, outcomeOf } from "./revocation-scene.ts";
import { startMs } from "./scene.ts";

const start = startMs / 1000;
const kinds = ["session", "token", "key"] as const;
const ids = ["a", "b", "c", "d"] as const;

const entries: fc.Arbitrary<RevocationEntry> = fc.record({
  seq: fc.integer({ min: 1, max: 1_000 }),
  kind: fc.constantFrom(...kinds),
  id: fc.constantFrom(...ids),
  expiresAt: fc.option(fc.integer({ min: start - 5, max: start + 60 }), { freq: 8 }),
});

/** The model: what is revoked at a moment, by looking through all that ever was. */
function isEnded(all: readonly RevocationEntry[], kind: RevocationEntry["kind"], id: string, now: number): boolean {
  return all.some((entry) => entry.kind === kind && entry.id === id && (entry.expiresAt ?? Infinity) > now);
}

test("a list says what the model says at every moment, whatever the order, repetition, cut and sweeps", () => {
  const step = fc.oneof(
    fc.record({ add: fc.array(entries, { maxLength: 6 }) }),
    fc.record({ pass: fc.integer({ min: 0, max: 20_000 }) }),
    fc.record({ sweep: fc.nat(5) }),
    fc.constant({ replay: true }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = fixedClock(startMs);
      const list = createRevocationList({ clock });
      const all: RevocationEntry[] = [];
      for (const next of steps) {
        if ("add" in next) {
          list.add(next.add);
          all.push(...next.add);
        }
        if ("pass" in next) clock.advance(next.pass);
        if ("sweep" in next) list.sweep(next.sweep);
        if ("replay" in next) list.add(all.toReversed());
        for (const id of ids) {
          const now = clock() / 1000;
          expect(list.isRevoked({ sid: id, jti: "-" })).toBe(isEnded(all, "session", id, now));
          expect(list.isRevoked({ sid: "-", jti: id })).toBe(isEnded(all, "token", id, now));
          expect(list.isRevoked({ sid: "-", jti: "-" }, id)).toBe(isEnded(all, "key", id, now));
        }
      }
      for (let round = 0; round < 5; round++) list.sweep(ids.length);
      const left = kinds.flatMap((kind) => ids.filter((id) => isEnded(all, kind, id, clock() / 1000)));
      expect(list.size).toBe(left.length);
      expect(list.complete).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("a full list never holds more than it may, knows what it holds, and never claims to be complete when it is not", () => {
  fc.assert(
    fc.property(fc.array(entries, { maxLength: 30 }), fc.integer({ min: 1, max: 6 }), (all, maxEntries) => {
      const list = createRevocationList({ clock: fixedClock(startMs), maxEntries });
      list.add(all);
      expect(list.size).toBeLessThanOrEqual(maxEntries);
      for (const kind of kinds) {
        for (const id of ids) {
          const claims = { sid: kind === "session" ? id : "-", jti: kind === "token" ? id : "-" };
          const said = list.isRevoked(claims, kind === "key" ? id : "-");
          const is = isEnded(all, kind, id, start);
          // What it says was ended was; what was ended it says, unless it says that it lacks something.
          expect(said === is || (is && !list.complete)).toBe(true);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

/** What can happen between two processes and to the one that is asked. */
const events = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ revoke: fc.constantFrom("session", "token"), seconds: fc.integer({ min: 1, max: 90 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ revoke: "key" as const, seconds: 0 }) },
  { weight: 4, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 5_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ trouble: fc.constantFrom("none", "down", "hangs", "disorder", "short", "nonsense") }),
  },
  { weight: 1, arbitrary: fc.record({ restoredTo: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ clockStep: fc.integer({ min: -3_600_000, max: 3_600_000 }) }) },
  { weight: 1, arbitrary: fc.constantFrom({ restart: "follower" }, { restart: "poll" }) },
);

const troubles: Record<string, ((page: { entries: readonly RevocationEntry[]; last: number }) => unknown) | undefined> =
  {
    none: undefined,
    down: () => Promise.reject(new Error("down")),
    hangs: () => new Promise(() => {}),
    disorder: ({ entries: some, last }) => ({ entries: [...some, ...some.slice(1)].toReversed(), last }),
    short: ({ entries: some, last }) => ({ entries: some.slice(0, 1), last }),
    nonsense: ({ last }) => ({ entries: [{ seq: "first" }, null], last }),
  };

test.each([
  ["of everything by the next minute", 60_000, 60_000, () => true],
  // No number was given out twice: then reading everything again is not needed, and must not be what makes it right.
  ["without ever reading everything again", 1e12, 0, (event: object) => !("restoredTo" in event)],
] as const)(
  "a follower that reaches its source again knows %s, whatever happened before",
  async (_, reloadMs, waitMs, canHappen) => {
    const histories = fc.array(events.filter(canHappen), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(histories, fc.integer({ min: 1, max: 4 }), async (history, pageSize) => {
        const scene = createRevocationScene({ pageSize, reloadMs, timeoutMs: 1_000 });
        const { revocations, source, pass, clock, monotonicMs } = scene;
        const trueNow = () => start + (monotonicMs() - 1_000) / 1000;
        let number = 0;
        revocations.start();
        for (const event of history) {
          if ("revoke" in event) {
            const until = event.revoke === "key" ? null : Math.floor(trueNow()) + event.seconds;
            source.revoke(event.revoke as RevocationEntry["kind"], `id-${number++}`, until);
          }
          if ("pass" in event) await pass(event.pass);
          if ("trouble" in event) source.answer = troubles[event.trouble] as typeof source.answer;
          if ("restoredTo" in event) {
            source.last = Math.floor(source.last * event.restoredTo);
            source.entries = source.entries.filter(({ seq }) => seq <= source.last);
          }
          if ("clockStep" in event) clock.advance(event.clockStep);
          if ("restart" in event && event.restart === "poll") void revocations.poll();
          if ("restart" in event && event.restart === "follower") {
            await revocations.stop();
            revocations.start();
          }
        }
        // The trouble is over and the clock is right again. Waited for: the longest retry, and a reading of everything.
        source.answer = undefined;
        clock.set(trueNow() * 1000);
        await pass(2_000 + 1_000 + waitMs + 500 * number);
        expect(revocations).toMatchObject({ ready: true, stale: false });
        const late = source.entries.length;
        source.revoke("session", "late", Math.floor(trueNow()) + 500);
        await pass(500);
        expect(source.entries).toHaveLength(late + 1);
        for (const { kind, id, expiresAt } of source.entries) {
          const claims = kind === "session" ? { sid: id } : kind === "token" ? { jti: id } : {};
          const expected = (expiresAt ?? Infinity) > trueNow() ? "token_revoked" : "accepted";
          expect(outcomeOf(revocations, claims, kind === "key" ? id : "-")).toBe(expected);
        }
        expect(outcomeOf(revocations, { sid: "never ended" })).toBe("accepted");
        await revocations.stop();
      }),
      { numRuns: 200 },
    );
  },
);
