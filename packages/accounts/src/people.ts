// What an operator does with people, at no request of theirs.

import { AuthError } from "@signet/auth/errors";
import type { Credentials } from "./accounts.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { requireAcceptablePassword } from "./password-policy.ts";
import { randomId } from "./session-start.ts";
import type { AccountStore, User } from "./stores.ts";
import { findUsername, normalizeUsername, usernameTaken } from "./username.ts";

/** Scope tokens of RFC 6749 §3.3. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

export interface People {
  /**
   * Adds a user who has not signed in yet.
   *
   * @throws AuthError `input_invalid` | `password_unacceptable` | `username_taken` | `storage_unavailable`
   */
  add(credentials: Credentials): Promise<User>;

  /** @throws AuthError `not_found` | `storage_unavailable` */
  find(username: string): Promise<User>;

  /**
   * Grants exactly these scopes, from the next refresh of each session on.
   *
   * @throws AuthError `input_invalid` | `storage_unavailable`
   */
  setScope(userId: string, scope: readonly string[]): Promise<void>;
}

export interface PeopleOptions {
  store: Pick<AccountStore, "addUser" | "findByUsername" | "setScope">;
  hasher: Pick<PasswordHasher, "hash">;
  /** In code points, 8 to 64. */
  passwordMinLength: number;
}

export function createPeople({ store, hasher, passwordMinLength }: PeopleOptions): People {
  return {
    async add(credentials) {
      const username = normalizeUsername(credentials.username);
      requireAcceptablePassword(credentials.password, passwordMinLength, username);
      if ((await store.findByUsername(username)) !== undefined) throw usernameTaken();
      const passwordHash = await hasher.hash(credentials.password);
      const added = await store.addUser({ id: randomId(), username, passwordHash });
      if (added === "username_taken") throw usernameTaken();
      return added;
    },

    async find(name) {
      const username = findUsername(name);
      const user = username === undefined ? undefined : await store.findByUsername(username);
      if (user === undefined) throw new AuthError("not_found", "There is no user of this name.");
      return user;
    },

    async setScope(userId, scope) {
      if (!scope.every((token) => scopeToken.test(token))) {
        throw new AuthError("input_invalid", "A scope is text without spaces, quotation marks or backslashes.", {
          claim: "scope",
        });
      }
      await store.setScope(userId, [...new Set(scope)]);
    },
  };
}
