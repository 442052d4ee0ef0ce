// Users and sessions for the contract suites of stores: each new, so that a store may be shared.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { randomId } from "./session-start.ts";
import type { AccountStore, NewSession, NewUser, Session, User } from "./stores.ts";

export async function createUser(
  store: AccountStore,
  user: NewUser,
  session = newSession(),
): Promise<{ user: User; session: Session }> {
  const created = await store.createUser(user, session);
  assert.notEqual(created, "username_taken");
  if (created === "username_taken") throw new Error("unreachable");
  return created;
}

export function newUser(username = randomName()): NewUser {
  return { id: randomId(), username, passwordHash: `hash ${randomId()}` };
}

export function newSession(values: Partial<NewSession> = {}): NewSession {
  return { id: randomId(), device: null, address: null, amr: "pwd", maxAgeSeconds: 3_600, refresh: null, ...values };
}

export function randomName(): string {
  return randomBytes(8).toString("hex");
}
