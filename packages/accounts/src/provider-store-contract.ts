// What every store of hand-over codes and linked accounts must do, whatever it is made of. Plain cases, for any test runner, as those of
// `account-store-contract.ts`.

import assert from "node:assert/strict";
import type { ContractCase } from "./account-store-contract.ts";
import { createUser, newSession, newUser, randomName } from "./contract-rows.ts";
import { newHandOverCode, sha256 } from "./hand-over-code.ts";
import { randomId } from "./session-start.ts";
import type {
  AccountStore,
  NewHandOverCode,
  PresentedCode,
  ProviderAccountStore,
  SessionOwner,
  SessionStore,
} from "./stores.ts";

/** A store under test. */
export type ProviderContractStore = AccountStore & SessionStore & ProviderAccountStore;

type Check = (store: ProviderContractStore) => Promise<void>;

const issuer = "https://id.example";
const otherIssuer = "https://other.example";
const minutes = 60;

/** @param open Gives the store; the same one each time is fine, as every case makes rows of its own. */
export function providerStoreContract(
  open: () => ProviderContractStore | Promise<ProviderContractStore>,
): ContractCase[] {
  return Object.entries(checks).map(([name, check]) => ({ name, run: async () => check(await open()) }));
}

const checks: Record<string, Check> = {
  "takes one code of a transaction": async (store) => {
    const code = newCode();
    assert.equal(await store.addCode(code), true);
    assert.equal(await store.addCode({ ...newCode(), transactionHash: code.transactionHash }), false);
  },

  "finds whom a code is for, and nobody by an unknown one": async (store) => {
    const code = newCode({ preferredUsername: "Ada 🦊" });
    await store.addCode(code);
    const found = await store.findCode(code.codeHash);
    assert.deepEqual(found, { issuer, subject: code.subject, preferredUsername: "Ada 🦊", user: undefined });
    assert.equal(await store.findCode(sha256("unknown")), undefined);
  },

  "redeems a code once, into a session that began at a provider": async (store) => {
    const { user, code } = await linkedUser(store);
    assert.deepEqual((await store.findCode(code.codeHash))?.user, user);
    const session = await store.redeemCode(code, user.id, newSession({ amr: "fed" }));
    assert.ok(session);
    assert.equal((await store.findSession(session.id))?.amr, "fed");
    assert.equal(await store.redeemCode(code, user.id, newSession({ amr: "fed" })), undefined);
  },

  "of twenty who redeem one code at the same moment, lets exactly one in": async (store) => {
    const { user, code } = await linkedUser(store);
    const tries = Array.from({ length: 20 }, () => store.redeemCode(code, user.id, newSession({ amr: "fed" })));
    const sessions = (await Promise.all(tries)).filter((session) => session !== undefined);
    assert.equal(sessions.length, 1);
    assert.equal((await store.listSessions(user.id)).length, 2);
  },

  "redeems nothing for another verifier, and leaves the code to whom it belongs": async (store) => {
    const { user, code } = await linkedUser(store);
    const stolen = { ...code, challenge: sha256("another verifier") };
    assert.equal(await store.redeemCode(stolen, user.id, newSession()), undefined);
    assert.equal(await store.openSignUp(stolen, minutes), false);
    assert.equal(await store.linkWithCode(stolen, await ownerOf(store, user.id)), "code_invalid");
    assert.equal(await store.endReplayedCode(code.codeHash), undefined);
    assert.ok(await store.redeemCode(code, user.id, newSession()));
  },

  "redeems no code whose time is over": async (store) => {
    const { user, subject } = await linkedUser(store);
    const late = newCode({ subject, maxAgeSeconds: 0 });
    await store.addCode(late);
    assert.equal(await store.redeemCode(late, user.id, newSession()), undefined);
    assert.equal(await store.linkWithCode(late, await ownerOf(store, user.id)), "code_invalid");
    const stranger = newCode({ maxAgeSeconds: 0 });
    await store.addCode(stranger);
    assert.equal(await store.openSignUp(stranger, minutes), false);
  },

  "begins no session for a disabled user, for another user, or for an account that was unlinked": async (store) => {
    const disabled = await linkedUser(store);
    await store.disableUser(disabled.user.id);
    assert.equal(await store.redeemCode(disabled.code, disabled.user.id, newSession()), undefined);

    const { code } = await linkedUser(store);
    const stranger = await createUser(store, newUser());
    assert.equal(await store.redeemCode(code, stranger.user.id, newSession()), undefined);
    assert.equal((await store.listSessions(stranger.user.id)).length, 1);

    const unlinked = await linkedUser(store);
    const owner = await ownerOf(store, unlinked.user.id);
    assert.deepEqual(await store.unlinkProvider(owner, issuer, []), { ended: 0 });
    assert.equal(await store.redeemCode(unlinked.code, unlinked.user.id, newSession()), undefined);
  },

  "ends the session that a code began when the code comes again, once": async (store) => {
    const { user, code } = await linkedUser(store);
    const session = await store.redeemCode(code, user.id, newSession());
    assert.deepEqual(await store.endReplayedCode(code.codeHash), { sessionId: session?.id, ended: 1 });
    assert.notEqual((await store.findSession(session?.id ?? ""))?.endedAt, null);
    assert.deepEqual(await store.endReplayedCode(code.codeHash), { sessionId: session?.id, ended: 0 });
    assert.equal((await store.listSessions(user.id)).length, 1);
    assert.equal(await store.endReplayedCode(sha256("unknown")), undefined);
  },

  "makes an account with a code that was opened for it, without a password": async (store) => {
    const code = newCode();
    await store.addCode(code);
    const name = newName();
    assert.equal(await store.signUpWithCode(code, name, newSession()), "code_invalid");
    assert.equal(await store.openSignUp(code, minutes), true);
    assert.equal(await store.openSignUp(code, minutes), false);
    const session = newSession({ amr: "fed" });
    const created = await store.signUpWithCode(code, name, session);
    assert.ok(typeof created === "object");
    const { user } = created;
    assert.deepEqual(
      { ...user, createdAt: null },
      { ...name, passwordHash: null, passwordVersion: 1, scope: [], createdAt: null, disabledAt: null },
    );
    assert.deepEqual(await store.findUser(user.id), user);
    assert.equal((await store.findSession(session.id))?.amr, "fed");
    assert.deepEqual(
      (await store.listProviders(user.id)).map((linked) => linked.issuer),
      [issuer],
    );
    assert.equal(await store.signUpWithCode(code, newName(), newSession()), "code_invalid");
    assert.deepEqual(await store.endReplayedCode(code.codeHash), { sessionId: session.id, ended: 1 });
  },

  "leaves a code open when the name is taken, and makes nothing": async (store) => {
    const code = await openedCode(store);
    const { user } = await createUser(store, newUser());
    const name = { id: randomId(), username: user.username };
    assert.equal(await store.signUpWithCode(code, name, newSession()), "username_taken");
    assert.equal(await store.findUser(name.id), undefined);
    assert.ok(
      typeof (await store.signUpWithCode(code, { ...name, username: randomName() }, newSession())) === "object",
    );
  },

  "makes no account when the time to choose a name is over, or for another verifier, or after a replay": async (
    store,
  ) => {
    const late = newCode();
    await store.addCode(late);
    assert.equal(await store.openSignUp(late, 0), true);
    assert.equal(await store.signUpWithCode(late, newName(), newSession()), "code_invalid");

    const code = await openedCode(store);
    const stolen = { ...code, challenge: sha256("another verifier") };
    assert.equal(await store.signUpWithCode(stolen, newName(), newSession()), "code_invalid");
    assert.deepEqual(await store.endReplayedCode(code.codeHash), { sessionId: null, ended: 0 });
    assert.equal(await store.signUpWithCode(code, newName(), newSession()), "code_invalid");
  },

  "of twenty who sign up at the same moment with codes of one account elsewhere, makes exactly one": async (store) => {
    const subject = randomId();
    const codes = await Promise.all(Array.from({ length: 20 }, () => openedCode(store, subject)));
    const made = await Promise.all(codes.map((code) => store.signUpWithCode(code, newName(), newSession())));
    assert.equal(made.filter((one) => typeof one === "object").length, 1);
    assert.equal(made.filter((one) => one === "code_invalid").length, 19);
  },

  "links an account elsewhere to one user alone, and one of an issuer to each": async (store) => {
    const { user, code, subject } = await linkedUser(store);
    const owner = await ownerOf(store, user.id);
    const again = newCode({ subject });
    await store.addCode(again);
    assert.equal(await store.linkWithCode(again, owner), "linked");
    assert.equal(await store.linkWithCode(again, owner), "code_invalid");

    const other = await createUser(store, newUser());
    assert.equal(await store.linkWithCode(code, await ownerOf(store, other.user.id)), "of_another_user");
    const second = newCode();
    await store.addCode(second);
    assert.equal(await store.linkWithCode(second, owner), "another_is_linked");
    assert.deepEqual(await store.listProviders(other.user.id), []);

    const elsewhere = newCode({ issuer: otherIssuer, subject });
    await store.addCode(elsewhere);
    assert.equal(await store.linkWithCode(elsewhere, owner), "linked");
    assert.deepEqual(
      (await store.listProviders(user.id)).map((linked) => linked.issuer),
      [issuer, otherIssuer],
    );
  },

  "tells accounts of one subject at two issuers apart": async (store) => {
    const { subject } = await linkedUser(store);
    const foreign = newCode({ issuer: otherIssuer, subject });
    await store.addCode(foreign);
    assert.equal((await store.findCode(foreign.codeHash))?.user, undefined);
  },

  "unlinks, but never the last way in": async (store) => {
    const name = newName();
    const code = await openedCode(store);
    assert.ok(typeof (await store.signUpWithCode(code, name, newSession())) === "object");
    const owner = await ownerOf(store, name.id);
    const unlink = (which: string, usable = [issuer, otherIssuer]) => store.unlinkProvider(owner, which, usable);
    assert.equal(await unlink(otherIssuer), "not_linked");
    assert.equal(await unlink(issuer), "last_way_in");
    const other = newCode({ issuer: otherIssuer });
    await store.addCode(other);
    assert.equal(await store.linkWithCode(other, owner), "linked");
    // An account that nobody can sign in with is no way in.
    assert.equal(await unlink(issuer, [issuer]), "last_way_in");
    assert.deepEqual(await unlink(issuer), { ended: 0 });
    assert.equal(await unlink(issuer), "not_linked");
    assert.equal(await unlink(otherIssuer), "last_way_in");
    assert.equal(await store.setFirstPassword(owner, "hash"), "set");
    assert.deepEqual(await unlink(otherIssuer), { ended: 0 });
  },

  "of two who unlink the last two at the same moment, lets one": async (store) => {
    for (let round = 0; round < races; round += 1) {
      const name = newName();
      await store.signUpWithCode(await openedCode(store), name, newSession());
      const owner = await ownerOf(store, name.id);
      const other = newCode({ issuer: otherIssuer });
      await store.addCode(other);
      await store.linkWithCode(other, owner);
      // From two devices, as no lock of one session may be what keeps them apart.
      const again = newCode({ issuer: otherIssuer, subject: other.subject });
      await store.addCode(again);
      const session = await store.redeemCode(again, name.id, newSession());
      const elsewhere = { userId: name.id, sessionId: session?.id ?? "" };
      const unlink = (by: SessionOwner, which: string) => store.unlinkProvider(by, which, [issuer, otherIssuer]);
      const both = await Promise.all([unlink(owner, issuer), unlink(elsewhere, otherIssuer)]);
      assert.equal(both.filter((one) => one === "last_way_in").length, 1);
      assert.equal((await store.listProviders(name.id)).length, 1);
    }
  },

  "ends the other sessions that began at a provider when one is unlinked, and no others": async (store) => {
    const { user, code } = await linkedUser(store);
    const owner = await ownerOf(store, user.id);
    const stranger = await linkedUser(store);
    const theirs = await store.redeemCode(stranger.code, stranger.user.id, newSession({ amr: "fed" }));
    const elsewhere = await store.redeemCode(code, user.id, newSession({ amr: "fed" }));
    const byPassword = await store.createSession(user.id, user.passwordVersion, newSession());
    assert.deepEqual(await store.unlinkProvider(owner, issuer, []), { ended: 1 });
    const isOver = async (id = "") => (await store.findSession(id))?.endedAt !== null;
    assert.deepEqual(await Promise.all([elsewhere?.id, byPassword?.id, owner.sessionId, theirs?.id].map(isOver)), [
      true,
      false,
      false,
      false,
    ]);
  },

  "of a sign-in and an unlinking at the same moment, leaves no session behind": async (store) => {
    for (let round = 0; round < races; round += 1) {
      const { user, code } = await linkedUser(store);
      const owner = await ownerOf(store, user.id);
      const [session] = await Promise.all([
        store.redeemCode(code, user.id, newSession({ amr: "fed" })),
        store.unlinkProvider(owner, issuer, []),
      ]);
      if (session !== undefined) assert.notEqual((await store.findSession(session.id))?.endedAt, null);
      assert.equal((await store.listSessions(user.id)).length, 1);
    }
  },

  "sets a first password, and no second one": async (store) => {
    const name = newName();
    await store.signUpWithCode(await openedCode(store), name, newSession());
    const owner = await ownerOf(store, name.id);
    assert.equal(await store.setFirstPassword(owner, "first"), "set");
    assert.equal(await store.setFirstPassword(owner, "second"), "password_exists");
    assert.equal((await store.findUser(name.id))?.passwordHash, "first");
  },

  "changes no way to sign in once the session that asks has ended, or its user was disabled": async (store) => {
    for (const end of [
      (owner: SessionOwner) => store.endSessions({ sessionId: owner.sessionId }),
      (owner: SessionOwner) => store.disableUser(owner.userId),
    ]) {
      const name = newName();
      await store.signUpWithCode(await openedCode(store), name, newSession());
      const owner = await ownerOf(store, name.id);
      const other = newCode({ issuer: otherIssuer });
      await store.addCode(other);
      await end(owner);
      assert.equal(await store.setFirstPassword(owner, "first"), "session_ended");
      assert.equal(await store.linkWithCode(other, owner), "session_ended");
      assert.equal(await store.unlinkProvider(owner, issuer, [issuer, otherIssuer]), "session_ended");
      assert.equal((await store.findUser(name.id))?.passwordHash, null);
      assert.equal((await store.listProviders(name.id)).length, 1);
    }
  },

  "changes no way to sign in for somebody else's session, or one that was never there": async (store) => {
    const { user } = await linkedUser(store);
    const stranger = await linkedUser(store);
    const { sessionId } = await ownerOf(store, stranger.user.id);
    for (const owner of [sessionId, randomId()].map((id) => ({ userId: user.id, sessionId: id }))) {
      assert.equal(await store.unlinkProvider(owner, issuer, [issuer]), "session_ended");
      assert.equal(await store.setFirstPassword(owner, "first"), "session_ended");
      assert.equal(await store.linkWithCode(stranger.code, owner), "session_ended");
    }
  },

  "of a first password and the end of its session at the same moment, sets none after the end": async (store) => {
    for (let round = 0; round < races; round += 1) {
      const name = newName();
      await store.signUpWithCode(await openedCode(store), name, newSession());
      const owner = await ownerOf(store, name.id);
      const [result] = await Promise.all([
        store.setFirstPassword(owner, "first"),
        store.endSessions({ userId: name.id }),
      ]);
      assert.ok(result === "set" || result === "session_ended");
      assert.equal((await store.findUser(name.id))?.passwordHash, result === "set" ? "first" : null);
      assert.equal(await store.setFirstPassword(owner, "second"), "session_ended");
    }
  },
};

/** Rounds of what can go one way or the other. */
const races = 10;

/** The user, in the session that was begun first of those that stand. */
async function ownerOf(store: ProviderContractStore, userId: string): Promise<SessionOwner> {
  const [session] = (await store.listSessions(userId)).toReversed();
  assert.ok(session);
  return { userId, sessionId: session.id };
}

/** A user with a password and an account elsewhere, and a code for it that was not used. */
async function linkedUser(store: ProviderContractStore) {
  const { user } = await createUser(store, newUser());
  const linking = newCode();
  await store.addCode(linking);
  assert.equal(await store.linkWithCode(linking, await ownerOf(store, user.id)), "linked");
  const code = newCode({ subject: linking.subject });
  await store.addCode(code);
  return { user, code, subject: linking.subject };
}

/** A code of an account elsewhere that is nobody's, with which an account may be made. */
async function openedCode(store: ProviderContractStore, subject = randomId()): Promise<PresentedCode> {
  const code = newCode({ subject });
  await store.addCode(code);
  assert.equal(await store.openSignUp(code, minutes), true);
  return code;
}

function newName(): { id: string; username: string } {
  return { id: randomId(), username: randomName() };
}

function newCode(values: Partial<NewHandOverCode> = {}): NewHandOverCode {
  return {
    codeHash: sha256(newHandOverCode()),
    transactionHash: sha256(randomId()),
    challenge: sha256(randomId()),
    issuer,
    subject: randomId(),
    preferredUsername: null,
    maxAgeSeconds: minutes,
    ...values,
  };
}
