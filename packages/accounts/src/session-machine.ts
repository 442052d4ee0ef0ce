// The life of a session as a pure function: what it is, what happens to it, what it is then. Everything that makes refreshing
// both safe and forgiving stands here; stores only carry it out, in one conditional statement.

import type { RefreshState } from "./stores.ts";

/** Two tabs, or a lost answer: the token before the newest is good for this long after it was replaced. */
export const graceMs = 30_000;

type RefreshMarks = Pick<RefreshState, "counter" | "currentHash" | "previousHash" | "attemptHash" | "secretId">;

/** A session as far as refreshing and ending go. Times in milliseconds of the database's clock. */
export interface SessionState extends RefreshMarks {
  movedAt: number;
  endedAt: number | null;
  expiresAt: number;
  idleExpiresAt: number;
  userDisabled: boolean;
}

/** Somebody presents a refresh token. */
export interface RefreshEvent {
  kind: "refresh";
  /** Of the token. */
  hash: string;
  /** Whether one of the secrets held here has made it, however long ago. */
  madeHere: boolean;
  /** Of the attempt that it came with. */
  attemptHash: string | null;
  /** Whether the newest token could be made again: its secret is held here. */
  canRepeat: boolean;
  /** The token that would follow, and how long the session may then rest. */
  next: Pick<RefreshState, "currentHash" | "secretId"> & { idleMs: number };
  now: number;
}

/** Somebody who may ends it: with any genuine token of it, or as its user. */
export interface EndEvent {
  kind: "end";
  now: number;
}

export type SessionEvent = RefreshEvent | EndEvent;

/**
 * - `rotate`: it is the newest token, and is replaced by the next.
 * - `repeat`: it is the one before, and is answered with the newest once more.
 * - `wait`: as `repeat`, but another server has made the newest, with a secret that is not known here.
 * - `theft`: it was replaced long ago: two parties hold tokens of one session, and the session ends.
 * - `refuse`: it is no token of this session, or the session is over. Nothing ends by it.
 * - `end`: the session ends.
 */
export type SessionDecision = "rotate" | "repeat" | "wait" | "theft" | "refuse" | "end";

export function step(state: SessionState, event: SessionEvent): { decision: SessionDecision; state: SessionState } {
  const decision = decide(state, event);
  switch (decision) {
    case "rotate":
      return { decision, state: event.kind === "refresh" ? rotated(state, event) : state };
    case "theft":
    case "end":
      return { decision, state: { ...state, endedAt: event.now } };
    case "repeat":
    case "wait":
    case "refuse":
      return { decision, state };
  }
}

function decide(state: SessionState, event: SessionEvent): SessionDecision {
  if (state.endedAt !== null) return "refuse";
  if (event.kind === "end") return "end";
  const { hash, now } = event;
  if (state.userDisabled || now >= state.expiresAt || now >= state.idleExpiresAt) return "refuse";

  // A token that matches a hash is genuine even when the secret that made it is gone.
  if (hash === state.currentHash) return "rotate";
  if (hash === state.previousHash) return decidePrevious(state, event);
  return event.madeHere ? "theft" : "refuse";
}

function decidePrevious(state: SessionState, { now, attemptHash, canRepeat }: RefreshEvent): SessionDecision {
  // Where the database's clock was set back this is negative, and that is within.
  const within = now - state.movedAt < graceMs;
  const sameAttempt = attemptHash !== null && attemptHash === state.attemptHash;
  if (!within && !sameAttempt) return "theft";
  if (canRepeat) return "repeat";
  // Nobody here can make the newest token again. While its answer may be on the way somebody else can. After that, the same
  // attempt shows that it never arrived, and the session moves on past it.
  return within ? "wait" : "rotate";
}

function rotated(state: SessionState, { attemptHash, next, now }: RefreshEvent): SessionState {
  return {
    ...state,
    counter: state.counter + 1,
    currentHash: next.currentHash,
    previousHash: state.currentHash,
    secretId: next.secretId,
    attemptHash,
    movedAt: now,
    idleExpiresAt: Math.min(now + next.idleMs, state.expiresAt),
  };
}
