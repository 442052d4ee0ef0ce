// What every session store must do, whatever it is made of: as `accountStoreContract`, for what comes after the sign-in.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { ContractCase, ContractStore } from "./account-store-contract.ts";
import { newSession as newPlainSession } from "./contract-rows.ts";
import { randomId } from "./session-start.ts";
import type { NewSession, NextRefresh, StoredRevocation, StoredSession } from "./stores.ts";

/** A store under test, with the revocations that ending its sessions leaves behind. */
export interface SessionContractStore extends ContractStore {
  listRevocations(after: number, limit: number): Promise<{ entries: StoredRevocation[]; last: number; epoch: string }>;
}

type Check = (store: SessionContractStore) => Promise<void>;

/** @param open Gives the store; the same one each time is fine, as every case makes users of its own. */
export function sessionStoreContract(open: () => SessionContractStore | Promise<SessionContractStore>): ContractCase[] {
  return Object.entries(checks).map(([name, check]) => ({ name, run: async () => check(await open()) }));
}

const checks: Record<string, Check> = {
  "finds no session under an unknown id": async (store) => {
    assert.equal(await store.findSession(randomId()), undefined);
  },

  "gives back a session with its user, its refresh state and the time": async (store) => {
    const asked = newSession();
    const { userId, username } = await begin(store, asked);
    const stored = await find(store, asked.id);
    assert.deepEqual(stored.user, { id: userId, username, scope: [], disabledAt: null });
    const { refresh } = stored;
    assert.ok(refresh && asked.refresh);
    assert.deepEqual(Buffer.from(refresh.salt), Buffer.from(asked.refresh.salt));
    assert.deepEqual(
      { ...refresh, salt: null, movedAt: null, idleExpiresAt: null },
      {
        salt: null,
        counter: 0,
        currentHash: asked.refresh.currentHash,
        previousHash: null,
        secretId: asked.refresh.secretId,
        attemptHash: null,
        movedAt: null,
        idleExpiresAt: null,
      },
    );
    assert.deepEqual(refresh.movedAt, stored.createdAt);
    assert.equal(refresh.idleExpiresAt.getTime() - stored.createdAt.getTime(), asked.refresh.idleSeconds * 1000);
    assert.ok(stored.now >= stored.createdAt);
  },

  "keeps a session that cannot be refreshed": async (store) => {
    const asked = newSession({ refresh: null });
    await begin(store, asked);
    assert.equal((await find(store, asked.id)).refresh, null);
    assert.equal(await store.rotateRefreshToken(asked.id, { counter: 0, currentHash: "" }, next()), undefined);
  },

  "never lets the idle limit pass the end of the session": async (store) => {
    const asked = newSession({ maxAgeSeconds: 60 });
    await begin(store, asked);
    const stored = await find(store, asked.id);
    assert.deepEqual(stored.refresh?.idleExpiresAt, stored.expiresAt);
    const moved = await store.rotateRefreshToken(asked.id, stateOf(stored), next());
    assert.deepEqual(moved?.refresh?.idleExpiresAt, moved?.expiresAt);
    assert.deepEqual(moved?.expiresAt, stored.expiresAt);
  },

  "moves on to the next refresh token, and remembers the one before": async (store) => {
    const asked = newSession();
    await begin(store, asked);
    const before = await find(store, asked.id);
    const to = next({ address: "192.0.2.7" });
    const moved = await store.rotateRefreshToken(asked.id, stateOf(before), to);
    assert.ok(moved?.refresh);
    assert.equal(moved.refresh.counter, 1);
    assert.equal(moved.refresh.currentHash, to.currentHash);
    assert.equal(moved.refresh.previousHash, before.refresh?.currentHash);
    assert.equal(moved.refresh.secretId, to.secretId);
    assert.equal(moved.refresh.attemptHash, to.attemptHash);
    assert.equal(moved.address, "192.0.2.7");
    assert.ok(moved.lastUsedAt >= before.lastUsedAt);
    const { now: _now, ...asFound } = await find(store, asked.id);
    assert.deepEqual({ ...moved, now: undefined }, { ...asFound, now: undefined });
  },

  "does not move on from a token that is no longer the newest": async (store) => {
    const asked = newSession();
    await begin(store, asked);
    const before = await find(store, asked.id);
    assert.ok(await store.rotateRefreshToken(asked.id, stateOf(before), next()));
    assert.equal(await store.rotateRefreshToken(asked.id, stateOf(before), next()), undefined);
  },

  "of twenty that move one session on at the same moment, lets exactly one do so": async (store) => {
    const asked = newSession();
    await begin(store, asked);
    const from = stateOf(await find(store, asked.id));
    const moved = await Promise.all(Array.from({ length: 20 }, () => store.rotateRefreshToken(asked.id, from, next())));
    assert.equal(moved.filter((row) => row !== undefined).length, 1);
    assert.equal((await find(store, asked.id)).refresh?.counter, 1);
  },

  "does not move on a session that has ended, is over, has rested too long, or is of a disabled user": async (
    store,
  ) => {
    const ended = newSession();
    await begin(store, ended);
    await store.endSessions({ sessionId: ended.id });
    const over = newSession({ maxAgeSeconds: 0 });
    await begin(store, over);
    const rested = newSession({ refresh: { ...refreshMarks(), idleSeconds: 0 } });
    await begin(store, rested);
    const disabled = newSession();
    const { userId } = await begin(store, disabled);
    await store.disableUser(userId);
    for (const { id } of [ended, over, rested, disabled]) {
      const from = stateOf(await find(store, id));
      assert.equal(await store.rotateRefreshToken(id, from, next()), undefined);
      assert.equal((await find(store, id)).refresh?.counter, 0);
    }
  },

  "ends one session once, and leaves the others": async (store) => {
    const first = newSession();
    const { userId } = await begin(store, first);
    const second = newSession();
    await store.createSession(userId, 1, second);
    assert.equal(await store.endSessions({ sessionId: first.id }), 1);
    const { endedAt } = await find(store, first.id);
    assert.ok(endedAt);
    assert.equal(await store.endSessions({ sessionId: first.id }), 0);
    assert.deepEqual((await find(store, first.id)).endedAt, endedAt);
    assert.equal((await find(store, second.id)).endedAt, null);
    assert.equal(await store.endSessions({ sessionId: randomId() }), 0);
  },

  "does not end a session of somebody else": async (store) => {
    const asked = newSession();
    await begin(store, asked);
    const other = await begin(store, newSession());
    assert.equal(await store.endSessions({ userId: other.userId, sessionId: asked.id }), 0);
    assert.equal((await find(store, asked.id)).endedAt, null);
  },

  "ends all sessions of a user, or all but one": async (store) => {
    const [kept, second, third] = [newSession(), newSession(), newSession({ refresh: null })];
    const { userId } = await begin(store, kept);
    await store.createSession(userId, 1, second);
    await store.createSession(userId, 1, third);
    assert.equal(await store.endSessions({ userId, exceptSessionId: kept.id }), 2);
    assert.deepEqual(
      (await store.listSessions(userId)).map(({ id }) => id),
      [kept.id],
    );
    assert.equal(await store.endSessions({ userId }), 1);
    assert.deepEqual(await store.listSessions(userId), []);
  },

  "writes one revocation for each session that ends, numbered without gaps": async (store) => {
    const sessions = [newSession(), newSession(), newSession()];
    const [first] = sessions;
    assert.ok(first);
    const { userId } = await begin(store, first);
    for (const session of sessions.slice(1)) await store.createSession(userId, 1, session);
    const { last } = await store.listRevocations(0, 1);
    await store.endSessions({ userId });
    await store.endSessions({ userId });
    const after = await store.listRevocations(last, 100);
    const ours = after.entries.filter(({ id }) => sessions.some((session) => session.id === id));
    assert.equal(ours.length, 3);
    assert.deepEqual(
      after.entries.map(({ seq }) => seq),
      after.entries.map((_, index) => last + 1 + index),
    );
    assert.equal(after.last, last + after.entries.length);
    const now = (await find(store, first.id)).now.getTime() / 1000;
    for (const { kind, expiresAt } of ours) {
      assert.equal(kind, "session");
      assert.ok(expiresAt !== null && expiresAt > now + 1000 && expiresAt <= now + 1020);
    }
  },

  "lists revocations by pages": async (store) => {
    const session = newSession();
    const { userId } = await begin(store, session);
    const { last } = await store.listRevocations(0, 1);
    await store.createSession(userId, 1, newSession());
    await store.endSessions({ userId });
    const first = await store.listRevocations(last, 1);
    assert.deepEqual(first.entries.length, 1);
    const second = await store.listRevocations(first.entries[0]?.seq ?? 0, 1);
    assert.deepEqual(second.entries.length, 1);
    assert.notEqual(first.entries[0]?.id, second.entries[0]?.id);
    assert.deepEqual((await store.listRevocations(last + 1_000_000, 10)).entries, []);
  },

  "revokes one token once, until 120 seconds after its end, and its session goes on": async (store) => {
    const session = newSession();
    const { userId } = await begin(store, session);
    const { last, epoch } = await store.listRevocations(0, 1);
    const id = randomId();
    const expiresAt = Math.floor((await find(store, session.id)).now.getTime() / 1000) + 300;
    assert.equal(await store.isTokenRevoked(id), false);
    assert.equal(await store.revokeToken({ id, expiresAt }), true);
    assert.equal(await store.revokeToken({ id, expiresAt }), false);
    assert.equal(await store.isTokenRevoked(id), true);
    assert.equal(await store.isTokenRevoked(session.id), false);
    const listed = await store.listRevocations(last, 100);
    assert.deepEqual(listed, {
      entries: [{ seq: last + 1, kind: "token", id, expiresAt: expiresAt + 120 }],
      last: last + 1,
      epoch,
    });
    assert.equal((await store.listSessions(userId)).length, 1);
  },

  "revokes a token that has just run out, for those whose clocks are late, but none that nobody takes": async (
    store,
  ) => {
    const session = newSession();
    await begin(store, session);
    const now = Math.floor((await find(store, session.id)).now.getTime() / 1000);
    assert.equal(await store.revokeToken({ id: randomId(), expiresAt: now - 100 }), true);
    const { last } = await store.listRevocations(0, 1);
    assert.equal(await store.revokeToken({ id: randomId(), expiresAt: now - 121 }), false);
    assert.equal((await store.listRevocations(0, 1)).last, last);
  },

  "lists those that stand, last used first": async (store) => {
    const [first, second, over] = [newSession(), newSession({ device: "a phone" }), newSession({ maxAgeSeconds: 0 })];
    const { userId } = await begin(store, first);
    await store.createSession(userId, 1, second);
    await store.createSession(userId, 1, over);
    // A moment later on any clock that counts milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 5));
    await store.rotateRefreshToken(first.id, stateOf(await find(store, first.id)), next());
    const listed = await store.listSessions(userId);
    assert.deepEqual(
      listed.map(({ id }) => id),
      [first.id, second.id],
    );
    assert.equal(listed[1]?.device, "a phone");
    assert.equal(listed[0]?.endedAt, null);
  },

  "changes a password once, ends every session of before, and begins one": async (store) => {
    const before = newSession();
    const { userId } = await begin(store, before);
    const also = newSession();
    await store.createSession(userId, 1, also);
    const after = newSession();
    const change = { id: userId, passwordVersion: 1, passwordHash: "new" };
    const changed = await store.changePassword(change, after);
    assert.equal(changed?.ended, 2);
    assert.equal(changed.session.id, after.id);
    assert.equal(changed.user.passwordVersion, 2);
    assert.deepEqual(await store.findUser(userId), changed.user);
    assert.deepEqual(
      (await store.listSessions(userId)).map(({ id }) => id),
      [after.id],
    );
    assert.equal(await store.changePassword(change, newSession()), undefined);
    assert.equal((await store.listSessions(userId)).length, 1);
  },

  "does not change the password of a disabled user": async (store) => {
    const { userId } = await begin(store, newSession());
    assert.equal(await store.disableUser(userId), 1);
    assert.equal(await store.disableUser(userId), 0);
    const change = { id: userId, passwordVersion: 1, passwordHash: "new" };
    assert.equal(await store.changePassword(change, newSession()), undefined);
    assert.deepEqual(await store.listSessions(userId), []);
  },
};

async function begin(store: SessionContractStore, session: NewSession): Promise<{ userId: string; username: string }> {
  const user = { id: randomId(), username: randomBytes(8).toString("hex"), passwordHash: "hash" };
  assert.notEqual(await store.createUser(user, session), "username_taken");
  return { userId: user.id, username: user.username };
}

async function find(store: SessionContractStore, sessionId: string): Promise<StoredSession> {
  const stored = await store.findSession(sessionId);
  assert.ok(stored);
  return stored;
}

function stateOf({ refresh }: StoredSession): { counter: number; currentHash: string } {
  assert.ok(refresh);
  return refresh;
}

/** One that can be refreshed. */
function newSession(values: Partial<NewSession> = {}): NewSession {
  return newPlainSession({ refresh: refreshMarks(), ...values });
}

function refreshMarks(): NonNullable<NewSession["refresh"]> {
  const salt = new Uint8Array(randomBytes(16));
  return { salt, currentHash: randomId(), secretId: "a secret", idleSeconds: 600 };
}

function next(values: Partial<NextRefresh> = {}): NextRefresh {
  const marks = { currentHash: randomId(), secretId: "another secret", attemptHash: randomId() };
  return { ...marks, idleSeconds: 600, address: null, ...values };
}
