import { randomBytes } from "node:crypto";
import type { AuthError } from "@signet/auth/errors";
import { beforeEach, describe, expect, it } from "vitest";
import { createRefreshTokens, hashOf } from "./refresh-token.ts";
import { createSessionRefresh, type SessionRefresh } from "./session-refresh.ts";
import { createSessionStart, randomId } from "./session-start.ts";
import type { StoredSession } from "./stores.ts";

const client = { device: null, address: "192.0.2.7" };
const limits = { maxSeconds: 2_000_000, idleSeconds: 600_000 };
const startMs = Date.UTC(2026, 10, 23);
const refreshTokens = createRefreshTokens([randomBytes(32).toString("base64url")]);
const signer = {
  sign: async () => ({ accessToken: "an access token", claims: { iat: 0, exp: 300 } }),
} as unknown as Parameters<typeof createSessionStart>[0]["signer"];
const start = createSessionStart({ signer, refreshTokens, limits });

let nowMs: number;
let row: StoredSession;
/** What was asked of the store, in its order. */
let statements: string[];
let charges: number;
let mostCharges: number;
let stolen: string[];
let firstToken: string;
let refreshing: SessionRefresh;

beforeEach(() => {
  nowMs = startMs;
  statements = [];
  charges = 0;
  mostCharges = Number.POSITIVE_INFINITY;
  stolen = [];
  const begun = start.newSession("alice", client, { refreshable: true, amr: "pwd" });
  const { refresh } = begun.session;
  firstToken = begun.refreshToken ?? "";
  if (refresh === null) throw new Error("This session can be refreshed.");
  row = sessionRow(begun.session.id, refresh);
  refreshing = create();
});

function sessionRow(id: string, refresh: { salt: Uint8Array; currentHash: string; secretId: string }): StoredSession {
  const now = new Date(nowMs);
  const inTime = new Date(nowMs + limits.maxSeconds * 1000);
  return {
    id,
    userId: "alice",
    createdAt: now,
    lastUsedAt: now,
    expiresAt: inTime,
    endedAt: null,
    now,
    device: null,
    address: client.address,
    amr: "pwd" as const,
    user: { id: "alice", username: "alice", scope: [], disabledAt: null },
    refresh: { ...refresh, counter: 0, previousHash: null, attemptHash: null, movedAt: now, idleExpiresAt: inTime },
  };
}

/** As a process that has just started, on the same row. */
function create(): SessionRefresh {
  return createSessionRefresh({
    refreshTokens,
    start,
    limits,
    clock: () => nowMs,
    budgets: {
      async charge() {
        charges += 1;
        if (charges > mostCharges) throw Object.assign(new Error("No room."), { reason: "rate_limited" });
        return { giveBack: async () => undefined };
      },
    },
    store: {
      async findSession(id) {
        statements.push("read");
        return id === row.id ? { ...row, now: new Date(nowMs) } : undefined;
      },
      async rotateRefreshToken(id, from, { currentHash, secretId, attemptHash }) {
        statements.push("move");
        const { refresh } = row;
        if (refresh === null || id !== row.id || row.endedAt !== null) return undefined;
        if (refresh.counter !== from.counter || refresh.currentHash !== from.currentHash) return undefined;
        const moved = { counter: from.counter + 1, currentHash, previousHash: from.currentHash, secretId, attemptHash };
        row = { ...row, refresh: { ...refresh, ...moved, movedAt: new Date(nowMs) } };
        return { ...row, now: new Date(nowMs) };
      },
    },
    async endStolen({ id }) {
      stolen.push(id);
      row = { ...row, endedAt: new Date(nowMs) };
    },
    onRepeatedElsewhere: () => undefined,
  });
}

const refresh = async (token: string, by = refreshing) => (await by.refresh(token, client)).refresh?.token ?? "";
const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: AuthError) => error.reason,
  );

describe("a session that this process has refreshed before", () => {
  it("is refreshed by one statement; the first time took two", async () => {
    const second = await refresh(firstToken);
    expect(statements).toEqual(["read", "move"]);
    statements.length = 0;
    const third = await refresh(second);
    const fourth = await refresh(third);
    expect(statements).toEqual(["move", "move"]);
    expect(new Set([firstToken, second, third, fourth]).size).toBe(4);
    expect(row.refresh).toMatchObject({ counter: 3, currentHash: hashOf(fourth), previousHash: hashOf(third) });
  });

  it("gets the tokens that it would get from a process that does not know it", async () => {
    const second = await refresh(firstToken);
    const before = row;
    const here = await refresh(second);
    row = before;
    expect(await refresh(second, create())).toBe(here);
  });

  it("answers a lost answer with the same token, however it was moved", async () => {
    const second = await refresh(firstToken);
    const third = await refresh(second);
    expect(await refresh(second)).toBe(third);
    expect(row.refresh?.counter).toBe(2);
  });

  it("was moved on by another process meanwhile: its newest token is as good as ever", async () => {
    const second = await refresh(firstToken);
    const third = await refresh(second, create());
    expect(await refresh(third)).not.toBe(third);
    expect(stolen).toEqual([]);
  });

  it("ends when a token comes that was replaced long ago", async () => {
    const second = await refresh(firstToken);
    await refresh(second);
    nowMs += 30_000;
    expect(await reasonOf(refresh(firstToken))).toBe("refresh_token_invalid");
    expect(stolen).toEqual([row.id]);
  });

  it("ends then also when it has no budget left", async () => {
    const second = await refresh(firstToken);
    await refresh(second);
    mostCharges = charges;
    nowMs += 30_000;
    expect(await reasonOf(refresh(firstToken))).toBe("refresh_token_invalid");
    expect(stolen).toEqual([row.id]);
  });

  it("that has ended elsewhere is not refreshed", async () => {
    const second = await refresh(firstToken);
    row = { ...row, endedAt: new Date(nowMs) };
    expect(await reasonOf(refresh(second))).toBe("refresh_token_invalid");
    expect(row.refresh?.counter).toBe(1);
  });

  it("pays once for each refresh, and nothing for what strangers make up", async () => {
    const second = await refresh(firstToken);
    expect(charges).toBe(1);
    await refresh(second);
    expect(charges).toBe(2);
    // Of the time before: read, moved in vain, and answered again.
    await refresh(second);
    expect(charges).toBe(3);
    statements.length = 0;
    const others = createRefreshTokens([randomBytes(32).toString("base64url")]);
    const madeUp = others.make({ sessionId: row.id, counter: 2, userId: "alice", salt: new Uint8Array(16) });
    expect(await reasonOf(refresh(madeUp))).toBe("refresh_token_invalid");
    expect(charges).toBe(3);
    expect(statements).toEqual(["read"]);
  });

  it("is refused when its budget is used up, and not moved", async () => {
    const second = await refresh(firstToken);
    mostCharges = charges;
    expect(await reasonOf(refresh(second))).toBe("rate_limited");
    expect(row.refresh?.counter).toBe(1);
  });
});

describe("a session that is not there", () => {
  it("costs one read, whatever is known of others", async () => {
    await refresh(firstToken);
    statements.length = 0;
    const nobodys = refreshTokens.make({
      sessionId: randomId(),
      counter: 0,
      userId: "alice",
      salt: new Uint8Array(16),
    });
    expect(await reasonOf(refresh(nobodys))).toBe("refresh_token_invalid");
    expect(statements).toEqual(["read"]);
  });
});
