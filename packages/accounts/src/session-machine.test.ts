import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { graceMs, type RefreshEvent, type SessionState, step } from "./session-machine.ts";

// Tokens are written as "number/secret": what a hash stands for, readable.

const hourMs = 3_600_000;
const start: SessionState = {
  counter: 0,
  currentHash: "0/a",
  previousHash: null,
  attemptHash: null,
  secretId: "a",
  movedAt: 0,
  endedAt: null,
  expiresAt: 24 * hourMs,
  idleExpiresAt: 8 * hourMs,
  userDisabled: false,
};

/** What a server that holds these secrets sees when a token is presented to it. The first secret makes tokens. */
function presented(
  state: SessionState,
  { token, attempt = null, now, secrets = ["a"] }: PresentedOptions,
): RefreshEvent {
  const [first = "a"] = secrets;
  return {
    kind: "refresh",
    hash: token,
    madeHere: secrets.includes(token.split("/")[1] ?? ""),
    attemptHash: attempt,
    canRepeat: secrets.includes(state.secretId),
    next: { currentHash: `${state.counter + 1}/${first}`, secretId: first, idleMs: 8 * hourMs },
    now,
  };
}

interface PresentedOptions {
  token: string;
  attempt?: string | null;
  now: number;
  secrets?: readonly string[];
}

const refresh = (state: SessionState, options: PresentedOptions) => step(state, presented(state, options));

describe("a refresh token (REF-02, REF-03, REF-05)", () => {
  const moved = refresh(start, { token: "0/a", attempt: "x", now: 1_000 }).state;

  it("is replaced when it is the newest", () => {
    expect(moved).toMatchObject({
      counter: 1,
      currentHash: "1/a",
      previousHash: "0/a",
      attemptHash: "x",
      movedAt: 1_000,
    });
  });

  it("is answered with the newest once more for 30 s after it was replaced, whoever comes", () => {
    for (const now of [1_000, 1_000 + graceMs - 1]) {
      expect(refresh(moved, { token: "0/a", now })).toEqual({ decision: "repeat", state: moved });
      expect(refresh(moved, { token: "0/a", attempt: "y", now }).decision).toBe("repeat");
    }
  });

  it("is answered so at any time for the same attempt, however long the laptop slept", () => {
    const now = 1_000 + 7 * hourMs;
    expect(refresh(moved, { token: "0/a", attempt: "x", now })).toEqual({ decision: "repeat", state: moved });
  });

  it("is a theft after that, with another attempt or none, and ends the session", () => {
    const now = 1_000 + graceMs;
    for (const attempt of [null, "y"]) {
      expect(refresh(moved, { token: "0/a", attempt, now })).toEqual({
        decision: "theft",
        state: { ...moved, endedAt: now },
      });
    }
  });

  it("counts a clock that was set back as within the 30 s (SRV-13)", () => {
    expect(refresh(moved, { token: "0/a", now: -hourMs }).decision).toBe("repeat");
  });

  it("is a theft when its successor was used already, even within the 30 s", () => {
    const twice = refresh(moved, { token: "1/a", attempt: "z", now: 2_000 }).state;
    expect(refresh(twice, { token: "0/a", attempt: "x", now: 2_001 }).decision).toBe("theft");
  });

  it("is a theft when it is ahead of the session: the database is older than the token", () => {
    expect(refresh(start, { token: "7/a", now: 1 }).decision).toBe("theft");
  });

  it("that no secret here has made and no hash knows is refused, and ends nothing", () => {
    expect(refresh(moved, { token: "0/unknown", now: 2_000 })).toEqual({ decision: "refuse", state: moved });
  });

  it("never equals no attempt with no attempt", () => {
    const without = refresh(start, { token: "0/a", now: 0 }).state;
    expect(refresh(without, { token: "0/a", now: graceMs }).decision).toBe("theft");
  });
});

describe("limits (REF-07, REF-17)", () => {
  it("refuse a session at its end, after too long a rest, when it has ended, and of a disabled user", () => {
    expect(refresh({ ...start, expiresAt: 10 }, { token: "0/a", now: 10 }).decision).toBe("refuse");
    expect(refresh({ ...start, idleExpiresAt: 10 }, { token: "0/a", now: 10 }).decision).toBe("refuse");
    expect(refresh({ ...start, endedAt: 5 }, { token: "0/a", now: 10 }).decision).toBe("refuse");
    expect(refresh({ ...start, userDisabled: true }, { token: "0/a", now: 10 }).decision).toBe("refuse");
  });

  it("are extended by a refresh as far as the end of the session, and no further", () => {
    const late = { ...start, idleExpiresAt: 24 * hourMs };
    const { state } = refresh(late, { token: "0/a", now: 23 * hourMs });
    expect(state).toMatchObject({ idleExpiresAt: 24 * hourMs, expiresAt: 24 * hourMs });
  });

  it("are not extended by a repeat", () => {
    const moved = refresh(start, { token: "0/a", now: 0 }).state;
    expect(refresh(moved, { token: "0/a", now: 1 }).state.idleExpiresAt).toBe(moved.idleExpiresAt);
  });

  it("do not keep an over-long session from being ended", () => {
    expect(step({ ...start, expiresAt: 0 }, { kind: "end", now: 10 }).state.endedAt).toBe(10);
  });
});

describe("a secret that was changed", () => {
  it("carelessly, leaves the newest token and the one before good by their hashes", () => {
    const moved = refresh(start, { token: "0/a", now: 0 }).state;
    const next = refresh(moved, { token: "1/a", now: hourMs, secrets: ["b"] });
    expect(next).toMatchObject({ decision: "rotate", state: { currentHash: "2/b", previousHash: "1/a" } });
    expect(refresh(next.state, { token: "1/a", now: hourMs + 1, secrets: ["b"] }).decision).toBe("repeat");
  });

  it("lets a server that cannot make the newest token wait for one that can", () => {
    const moved = refresh(start, { token: "0/a", attempt: "x", now: 0, secrets: ["b", "a"] }).state;
    expect(refresh(moved, { token: "0/a", attempt: "x", now: 1, secrets: ["a"] })).toEqual({
      decision: "wait",
      state: moved,
    });
  });

  it("lets the same attempt move on past a token that nobody can make any more", () => {
    const moved = refresh(start, { token: "0/a", attempt: "x", now: 0 }).state;
    const later = refresh(moved, { token: "0/a", attempt: "x", now: graceMs, secrets: ["b"] });
    expect(later).toMatchObject({ decision: "rotate", state: { counter: 2, currentHash: "2/b", previousHash: "1/a" } });
  });
});

describe("an end (REF-12)", () => {
  it("ends a session that has not ended, on no other condition", () => {
    expect(step({ ...start, userDisabled: true }, { kind: "end", now: 5 })).toMatchObject({
      decision: "end",
      state: { endedAt: 5 },
    });
  });

  it("stays: no refresh and no second end changes it", () => {
    const ended = step(start, { kind: "end", now: 5 }).state;
    expect(step(ended, { kind: "end", now: 6 })).toEqual({ decision: "refuse", state: ended });
    expect(refresh(ended, { token: "0/a", now: 6 })).toEqual({ decision: "refuse", state: ended });
  });
});

// --- every interleaving ------------------------------------------------------------------------------------------------

/**
 * A world of one session: browsers that share nothing but the server, each with one cookie, one attempt at a time and answers that
 * may come late or never; a thief with a copy of a cookie; replicas whose secrets differ.
 */
interface Browser {
  cookie: string;
  attempt: string | null;
  /** Requests that are under way, and answers that are on the way back. */
  answers: string[];
}

type Action =
  | { kind: "send"; browser: number; arrives: "answered" | "lost" | "late" }
  | { kind: "deliver"; browser: number }
  | { kind: "wait"; ms: number }
  | { kind: "sign out" };

interface World {
  state: SessionState;
  now: number;
  attempts: number;
  browsers: Browser[];
  decisions: string[];
  /** Every token the server ever gave out, with the counter it stood for. */
  given: Map<number, Set<string>>;
}

function play(actions: readonly Action[], browserCount: number, secretsAt: (now: number) => readonly string[]): World {
  const browsers = Array.from({ length: browserCount }, () => ({
    cookie: "0/a",
    attempt: null,
    answers: [] as string[],
  }));
  const world: World = { state: start, now: 0, attempts: 0, browsers, decisions: [], given: new Map() };
  for (const action of actions) act(world, action, secretsAt);
  return world;
}

function act(world: World, action: Action, secretsAt: (now: number) => readonly string[]): void {
  switch (action.kind) {
    case "wait":
      world.now += action.ms;
      return;
    case "sign out":
      world.state = step(world.state, { kind: "end", now: world.now }).state;
      return;
    case "deliver": {
      const browser = world.browsers[action.browser];
      const answer = browser?.answers.shift();
      if (browser === undefined || answer === undefined) return;
      browser.cookie = answer;
      browser.attempt = null;
      return;
    }
    case "send": {
      const browser = world.browsers[action.browser];
      if (browser === undefined) return;
      // Written before it is sent, kept until its answer is stored.
      browser.attempt ??= `attempt ${world.attempts++}`;
      const secrets = secretsAt(world.now);
      const { decision, state } = refresh(world.state, {
        token: browser.cookie,
        attempt: browser.attempt,
        now: world.now,
        secrets,
      });
      world.decisions.push(decision);
      world.state = state;
      if (decision !== "rotate" && decision !== "repeat") return;
      const given = world.given.get(state.counter) ?? new Set();
      world.given.set(state.counter, given.add(state.currentHash));
      if (action.arrives === "lost") return;
      browser.answers.push(state.currentHash);
      if (action.arrives === "answered") act(world, { kind: "deliver", browser: action.browser }, secretsAt);
    }
  }
}

const anAction = (browserCount: number): fc.Arbitrary<Action> => {
  const browser = fc.integer({ min: 0, max: browserCount - 1 });
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("send" as const),
        browser,
        arrives: fc.constantFrom("answered", "lost", "late"),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("deliver" as const), browser }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("wait" as const),
        ms: fc.constantFrom(-hourMs, 1, 1_000, graceMs, hourMs, 7 * hourMs),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "sign out" as const }) },
  );
};

const oneSecret = () => ["a"];

describe("every interleaving", () => {
  it("of one browser with lost answers and long sleeps never signs it out: only a limit or a sign-out does", () => {
    // One browser has one request at a time: an answer is on its way back, was lost, or has arrived.
    const action = anAction(1).filter((a) => a.kind !== "send" || a.arrives !== "late");
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const { state, decisions, now } = play(actions, 1, oneSecret);
        expect(decisions).not.toContain("theft");
        const signedOut = actions.some(({ kind }) => kind === "sign out");
        expect(state.endedAt !== null).toBe(signedOut);
        const overByTime = now >= state.idleExpiresAt || now >= state.expiresAt;
        const { decision } = refresh(state, { token: state.currentHash, now });
        expect(decision).toBe(signedOut || overByTime ? "refuse" : "rotate");
      }),
      { numRuns: 2_000 },
    );
  });

  it("of up to three clients gives no number two tokens: there is never a forked family (REF-04)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }).chain((n) => fc.tuple(fc.constant(n), fc.array(anAction(n), { maxLength: 40 }))),
        ([n, actions]) => {
          for (const tokens of play(actions, n, oneSecret).given.values()) expect(tokens.size).toBe(1);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("never gives anything after an end: a late refresh cannot undo a sign-out", () => {
    fc.assert(
      fc.property(
        fc.array(anAction(3), { maxLength: 20 }),
        fc.array(anAction(3), { maxLength: 20 }),
        (before, after) => {
          const ended = play([...before, { kind: "sign out" }], 3, oneSecret);
          const decided = ended.decisions.length;
          const { endedAt, counter } = ended.state;
          for (const action of after) act(ended, action, oneSecret);
          expect(ended.decisions.slice(decided).every((decision) => decision === "refuse")).toBe(true);
          expect(ended.state).toMatchObject({ endedAt, counter });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("of a thief and an owner who do not act within 30 s of each other ends the session by the second use after a theft", () => {
    const turns = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(turns, (order) => {
        const world = play(
          order.flatMap((browser): Action[] => [
            { kind: "send", browser, arrives: "answered" },
            { kind: "wait", ms: graceMs },
          ]),
          2,
          oneSecret,
        );
        const both = new Set(order).size === 2;
        expect(world.state.endedAt !== null).toBe(both);
      }),
      { numRuns: 500 },
    );
  });

  it("of a browser whose server changes its secret carelessly, at any moment, never ends in a theft", () => {
    const action = anAction(1).filter(
      (a) => a.kind !== "sign out" && (a.kind !== "send" || a.arrives !== "late") && (a.kind !== "wait" || a.ms > 0),
    );
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 40 }),
        fc.integer({ min: 0, max: 40 * hourMs }),
        (actions, changedAt) => {
          const { decisions, state } = play(actions, 1, (now) => (now < changedAt ? ["a"] : ["b"]));
          expect(decisions).not.toContain("theft");
          expect(state.endedAt).toBeNull();
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("moves the number on by one at a time, and never extends the end of the session", () => {
    fc.assert(
      fc.property(fc.array(anAction(3), { maxLength: 40 }), (actions) => {
        const world = play([], 3, oneSecret);
        for (const action of actions) {
          const { counter } = world.state;
          act(world, action, oneSecret);
          expect(world.state.counter - counter === 0 || world.state.counter - counter === 1).toBe(true);
          expect(world.state.expiresAt).toBe(start.expiresAt);
          expect(world.state.idleExpiresAt).toBeLessThanOrEqual(start.expiresAt);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
