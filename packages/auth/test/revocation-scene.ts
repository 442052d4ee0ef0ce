// A list of revocations somewhere else, and time that moves only when told to: what a follower is tested with.

import type { AccessTokenClaims } from "../src/claims.ts";
import type { Clock } from "../src/clock.ts";
import { createRevocations, type Revocations, type RevocationsOptions } from "../src/revocation-follower.ts";
import type { RevocationEntry, RevocationPage, RevocationSource } from "../src/revocation-source.ts";
import { exampleClaims, type FixedClock, fixedClock } from "../src/testing.ts";
import type { Schedule } from "../src/within-time.ts";
import { startMs } from "./scene.ts";

/** As the table lives: numbers without gaps, entries that leave when their time is over. */
export interface TestSource extends RevocationSource {
  /** Ends something, for 1020 s if nothing else is said. @returns its number */
  revoke(kind: RevocationEntry["kind"], id: string, expiresAt?: number | null): number;
  /** What stands in the table; tests may change it behind the follower's back. */
  entries: RevocationEntry[];
  /** The counter. */
  last: number;
  /** Takes the place of the next answers, until it is set back to undefined. */
  answer: ((page: RevocationPage) => unknown) | undefined;
  /** What was asked for. */
  asked: { after: number; limit: number; signal: AbortSignal }[];
}

/** @param clock The database's own, which the follower's may differ from. */
export function createTestSource(clock: Clock): TestSource {
  const source: TestSource = {
    entries: [],
    last: 0,
    answer: undefined,
    asked: [],
    revoke(kind, id, expiresAt = kind === "key" ? null : Math.floor(clock() / 1000) + 1020) {
      source.last += 1;
      source.entries.push({ seq: source.last, kind, id, expiresAt });
      return source.last;
    },
    async listRevocations(after, limit, signal) {
      source.asked.push({ after, limit, signal });
      const live = source.entries.filter(
        (entry) => entry.seq > after && (entry.expiresAt ?? Infinity) > clock() / 1000,
      );
      const page: RevocationPage = { entries: live.slice(0, limit), last: source.last };
      return source.answer === undefined ? page : ((await source.answer(page)) as RevocationPage);
    },
  };
  return source;
}

const firstMonotonicMs = 1_000;

export interface TestTime {
  clock: FixedClock;
  monotonicMs: () => number;
  schedule: Schedule;
  /** Lets time pass, on both clocks, and everything happen that is due meanwhile. */
  pass(milliseconds: number): Promise<void>;
  /** How many callbacks wait for their time. */
  waiting(): number;
}

/** @param settle Over when nothing goes on any more before time does. */
export function createTestTime(settle: () => Promise<void> = settled): TestTime {
  const clock = fixedClock(startMs);
  const timers = new Set<{ dueAt: number; callback: () => void }>();
  let monotonic = firstMonotonicMs;

  function moveTo(moment: number): void {
    clock.advance(moment - monotonic);
    monotonic = moment;
  }

  return {
    clock,
    monotonicMs: () => monotonic,
    schedule(callback, delayMs) {
      const timer = { dueAt: monotonic + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async pass(milliseconds) {
      const end = monotonic + milliseconds;
      for (await settle(); ; await settle()) {
        const [next] = [...timers].toSorted((a, b) => a.dueAt - b.dueAt);
        if (next === undefined || next.dueAt > end) break;
        timers.delete(next);
        moveTo(next.dueAt);
        next.callback();
      }
      moveTo(end);
    },
    waiting: () => timers.size,
  };
}

/** Over when every promise that can go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

export interface RevocationScene extends TestTime {
  source: TestSource;
  revocations: Revocations;
  /** What the follower told about, in order. */
  told: unknown[];
}

export function createRevocationScene(options: Partial<RevocationsOptions> = {}): RevocationScene {
  const time = createTestTime();
  const source = createTestSource(() => startMs - firstMonotonicMs + time.monotonicMs());
  const told: unknown[] = [];
  const revocations = createRevocations({
    source,
    clock: time.clock,
    monotonicMs: time.monotonicMs,
    schedule: time.schedule,
    random: () => 1,
    whenStale: "accept",
    onProblem: (error) => told.push(error),
    onRecovered: () => told.push("recovered"),
    ...options,
  });
  return { ...time, source, revocations, told };
}

/** "accepted", or the reason for which the check refuses. */
export function outcomeOf(
  revocations: Pick<Revocations, "check">,
  claims: Partial<AccessTokenClaims> = {},
  kid = "key-of-others",
): string {
  try {
    revocations.check(
      exampleClaims(() => startMs, claims),
      kid,
    );
    return "accepted";
  } catch (error) {
    return (error as { reason: string }).reason;
  }
}
