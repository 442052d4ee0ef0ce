// What every account store must do, whatever it is made of. Plain cases, for any test runner:
// `for (const { name, run } of accountStoreContract(open)) it(name, run);`

import assert from "node:assert/strict";
import { createUser, newSession, newUser, randomName } from "./contract-rows.ts";
import { randomId } from "./session-start.ts";
import type { AccountStore, SessionStore } from "./stores.ts";

/** A store under test. */
export type ContractStore = AccountStore & SessionStore;

export interface ContractCase {
  name: string;
  run(): Promise<void>;
}

type Check = (store: ContractStore) => Promise<void>;

const yearSeconds = 365 * 24 * 60 * 60;

/** @param open Gives the store; the same one each time is fine, as every case makes users of its own. */
export function accountStoreContract(open: () => ContractStore | Promise<ContractStore>): ContractCase[] {
  return Object.entries(checks).map(([name, check]) => ({ name, run: async () => check(await open()) }));
}

const checks: Record<string, Check> = {
  "finds nobody under an unknown name": async (store) => {
    assert.equal(await store.findByUsername(randomName()), undefined);
  },

  "gives back the user it was given, with no scope, enabled, at password version 1": async (store) => {
    const user = newUser();
    const created = await createUser(store, user);
    assert.deepEqual(
      { ...created.user, createdAt: null },
      { ...user, passwordVersion: 1, scope: [], createdAt: null, disabledAt: null },
    );
    assert.deepEqual(await store.findByUsername(user.username), created.user);
  },

  "adds the first session with the user": async (store) => {
    const session = newSession({ device: "Ein 'Gerät' \"mit\" \\ und 🦊", address: "2001:db8::1" });
    const created = await createUser(store, newUser(), session);
    const { createdAt, lastUsedAt, expiresAt, ...rest } = created.session;
    assert.deepEqual(rest, {
      id: session.id,
      userId: created.user.id,
      endedAt: null,
      device: session.device,
      address: session.address,
      amr: session.amr,
    });
    assert.deepEqual(lastUsedAt, createdAt);
    assert.equal(expiresAt.getTime() - createdAt.getTime(), session.maxAgeSeconds * 1000);
  },

  "keeps names of every script, and tells them apart byte for byte": async (store) => {
    const suffix = randomName();
    for (const name of [`zoë${suffix}`, `zoe${suffix}`, `юля${suffix}`, `山田${suffix}`]) {
      const { user } = await createUser(store, newUser(name));
      assert.equal((await store.findByUsername(name))?.id, user.id);
    }
  },

  "refuses a name that is taken, and changes nothing": async (store) => {
    const first = await createUser(store, newUser());
    const again = await store.createUser(newUser(first.user.username), newSession());
    assert.equal(again, "username_taken");
    assert.deepEqual(await store.findByUsername(first.user.username), first.user);
  },

  "of twenty who take one name at the same moment, lets exactly one have it": async (store) => {
    const name = randomName();
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.createUser(newUser(name), newSession())));
    const winners = answers.filter((answer) => answer !== "username_taken");
    assert.equal(winners.length, 1);
    assert.deepEqual(await store.findByUsername(name), winners[0]?.user);
  },

  "adds neither user nor session when the session cannot be added": async (store) => {
    const { session } = await createUser(store, newUser());
    const user = newUser();
    await assert.rejects(store.createUser(user, newSession({ id: session.id })));
    assert.equal(await store.findByUsername(user.username), undefined);
  },

  "adds a session while the password version stands": async (store) => {
    const { user } = await createUser(store, newUser());
    const asked = newSession();
    const session = await store.createSession(user.id, 1, asked);
    assert.equal(session?.id, asked.id);
    assert.equal(session.userId, user.id);
    assert.equal(session.endedAt, null);
  },

  "keeps times beyond the year 2038": async (store) => {
    const { user } = await createUser(store, newUser());
    const session = await store.createSession(user.id, 1, newSession({ maxAgeSeconds: 100 * yearSeconds }));
    assert.ok(session);
    assert.equal(session.expiresAt.getTime() - session.createdAt.getTime(), 100 * yearSeconds * 1000);
  },

  "refuses a session for an unknown user": async (store) => {
    assert.equal(await store.createSession(randomId(), 1, newSession()), undefined);
  },

  "refuses a session once the password has changed, and gives one for the new version": async (store) => {
    const { user } = await createUser(store, newUser());
    await store.changePassword({ id: user.id, passwordVersion: 1, passwordHash: "another hash" }, newSession());
    assert.equal(await store.createSession(user.id, 1, newSession()), undefined);
    assert.ok(await store.createSession(user.id, 2, newSession()));
  },

  "refuses a session for a disabled user": async (store) => {
    const { user } = await createUser(store, newUser());
    await store.disableUser(user.id);
    assert.equal(await store.createSession(user.id, 1, newSession()), undefined);
    assert.notEqual((await store.findByUsername(user.username))?.disabledAt, null);
  },

  "replaces a hash and leaves the password version": async (store) => {
    const given = newUser();
    const { user } = await createUser(store, given);
    await store.replacePasswordHash(user.id, given.passwordHash, "a new hash");
    assert.deepEqual(await store.findByUsername(user.username), { ...user, passwordHash: "a new hash" });
  },

  "does not replace a hash that has changed in the meantime": async (store) => {
    const given = newUser();
    const { user } = await createUser(store, given);
    await store.changePassword(
      { id: user.id, passwordVersion: 1, passwordHash: "the hash of a new password" },
      newSession(),
    );
    await store.replacePasswordHash(user.id, given.passwordHash, "a new hash of the old password");
    const found = await store.findByUsername(user.username);
    assert.equal(found?.passwordHash, "the hash of a new password");
  },

  "adds a user without a session, once": async (store) => {
    const user = newUser();
    const added = await store.addUser(user);
    assert.deepEqual(await store.findByUsername(user.username), added);
    assert.deepEqual(await store.listSessions(user.id), []);
    assert.equal(await store.addUser(newUser(user.username)), "username_taken");
  },

  "lets a user who was enabled again sign in, and keeps what has ended so": async (store) => {
    const { user, session } = await createUser(store, newUser());
    await store.disableUser(user.id);
    assert.equal(await store.createSession(user.id, 1, newSession()), undefined);
    assert.equal(await store.enableUser(user.id), true);
    assert.equal(await store.enableUser(user.id), false);
    assert.notEqual(await store.createSession(user.id, 1, newSession()), undefined);
    assert.notEqual((await store.findSession(session.id))?.endedAt, null);
  },

  "replaces the scopes of one user": async (store) => {
    const { user, session } = await createUser(store, newUser());
    const other = await createUser(store, newUser());
    await store.setScope(user.id, ["notes:read", "notes:write"]);
    await store.setScope(user.id, ["notes:read"]);
    assert.deepEqual((await store.findUser(user.id))?.scope, ["notes:read"]);
    assert.deepEqual((await store.findSession(session.id))?.user.scope, ["notes:read"]);
    assert.deepEqual((await store.findUser(other.user.id))?.scope, []);
  },

  "lists users by name, page by page, each once": async (store) => {
    const beginning = randomName();
    // In the order of code points, whatever a locale thinks of it: upper planes come last.
    const names = ["-", "0", "_", "a", "b", "\u00e9", "\uff5e", "\u{10400}"].map((end) => `${beginning}${end}`);
    for (const name of names.toReversed()) await store.addUser(newUser(name));
    const found: string[] = [];
    for (let after = beginning; found.length < names.length; ) {
      const page = await store.listUsers(after, 3);
      assert.ok(page.length <= 3 && page.length > 0);
      for (const { username } of page) if (username.startsWith(beginning)) found.push(username);
      after = page.at(-1)?.username ?? "";
    }
    assert.deepEqual(found, names);
  },
};
