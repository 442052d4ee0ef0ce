// signet users: who can sign in, and what they may do.

import { createPasswordHasher, createPeople, type People, type PeopleOptions } from "@signet/accounts";
import type { User } from "@signet/accounts/stores";
import { systemClock } from "@signet/auth/clock";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { type Command, InvalidArgumentError } from "commander";
import { readPassword } from "./asking.ts";
import { CommandError } from "./command-error.ts";
import { atWork, type Common, command, group, plural } from "./commands.ts";
import { fromNow, iso } from "./moments.ts";
import { type Column, table } from "./output.ts";
import type { Workplace } from "./workplace.ts";

const pageSize = 200;

const columns: readonly Column<User>[] = [
  { title: "NAME", of: ({ username }) => username, flexible: true },
  { title: "ID", of: ({ id }) => id },
  {
    title: "STATE",
    of: ({ disabledAt }) => (disabledAt === null ? "active" : "disabled"),
    colour: ({ disabledAt }) => (disabledAt === null ? undefined : "red"),
  },
  { title: "PASSWORD", of: ({ passwordHash }) => (passwordHash === null ? "none" : "set") },
  { title: "CREATED", of: ({ createdAt }) => fromNow(createdAt) },
  { title: "SCOPES", of: ({ scope }) => scope.join(" "), flexible: true },
];

export function users(): Command {
  return group("users", "people who can sign in", [create(), list(), disable(), enable(), scopes()]);
}

function create(): Command {
  return command(
    "create",
    "add a user; the password is asked for, or read from standard input, and never an argument",
    "users create ada < password.txt",
  )
    .argument("<name>", "the name to sign in with")
    .action((name: string, options: Common) =>
      atWork(options, async (place, output) => {
        const password = await readPassword();
        const hasher = createPasswordHasher();
        try {
          const user = await peopleOf(place, hasher).add({ username: name, password });
          await place.record({ kind: "user_created", userId: user.id });
          output.say(`${user.username} can sign in now. Id: ${user.id}`);
          output.json(describe(user));
        } finally {
          await hasher.close();
        }
      }),
    );
}

function list(): Command {
  return command("list", "list users by name", "users list --limit 20")
    .option("--limit <number>", "list so many at most", parseLimit, 200)
    .option("--after <name>", "begin after this name", "")
    .action((options: Common & { limit: number; after: string }) =>
      atWork(options, async ({ database }, output) => {
        const found: User[] = [];
        for (let after = options.after; found.length < options.limit; ) {
          const page = await database.accounts.listUsers(after, Math.min(pageSize, options.limit - found.length));
          if (page.length === 0) break;
          found.push(...page);
          after = page.at(-1)?.username ?? after;
        }
        output.json(found.map(describe));
        if (found.length === 0) return output.say("There is no user.");
        output.say(table(found, columns, output.paint));
        if (found.length === options.limit) output.say(`More: signet users list --after ${found.at(-1)?.username}`);
      }),
    );
}

function disable(): Command {
  return command(
    "disable",
    "bar a user from signing in, and end all their sessions, everywhere within a second",
    "users disable ada",
  )
    .argument("<name>")
    .option("--dry-run", "say what would happen, and change nothing")
    .action((name: string, options: Common & { dryRun?: true }) =>
      atWork(options, async (place, output) => {
        const user = await findUser(place, name);
        const { accounts } = place.database;
        if (options.dryRun) {
          const live = await accounts.listSessions(user.id);
          output.say(`${user.username} would be disabled, and ${plural(live.length, "session")} would end.`);
          return output.json({ dryRun: true, user: describe(user), ended: live.length });
        }
        const ended = await accounts.disableUser(user.id);
        await place.record({ kind: "user_disabled", userId: user.id, detail: { ended } });
        output.say(`${user.username} is disabled; ${plural(ended, "session has", "sessions have")} ended.`);
        output.json({ user: describe(await findUser(place, name)), ended });
      }),
    );
}

function enable(): Command {
  return command("enable", "let a user sign in again; sessions that have ended stay so", "users enable ada")
    .argument("<name>")
    .action((name: string, options: Common) =>
      atWork(options, async (place, output) => {
        const user = await findUser(place, name);
        const changed = await place.database.accounts.enableUser(user.id);
        if (changed) await place.record({ kind: "user_enabled", userId: user.id });
        output.say(changed ? `${user.username} may sign in again.` : `${user.username} was not disabled.`);
        output.json({ user: describe(await findUser(place, name)), changed });
      }),
    );
}

function scopes(): Command {
  return command(
    "scopes",
    "show what a user may do, or set it; tokens say so from the next refresh on",
    "users scopes ada notes:read notes:write",
  )
    .argument("<name>")
    .argument("[scope...]", "all scopes of the user from now on")
    .option("--none", "take all scopes away")
    .action((name: string, wanted: string[], options: Common & { none?: true }) =>
      atWork(options, async (place, output) => {
        const user = await findUser(place, name);
        if (wanted.length === 0 && options.none === undefined) {
          output.say(user.scope.length === 0 ? `${user.username} has no scopes.` : user.scope.join(" "));
          return output.json({ user: describe(user), changed: false });
        }
        await requireTokenFits(place, user, wanted);
        await peopleOf(place).setScope(user.id, wanted);
        const changed = await findUser(place, name);
        await place.record({ kind: "scopes_changed", userId: user.id, detail: { scope: changed.scope } });
        output.say(`${user.username} has now: ${changed.scope.join(" ") || "no scopes"}.`);
        const minutes = Math.ceil(place.settings.ACCESS_TOKEN_TTL_SECONDS / 60);
        output.say(`It takes effect at the next refresh of each session, within ${plural(minutes, "minute")}.`);
        output.json({ user: describe(changed), changed: true });
      }),
    );
}

/** @throws AuthError `not_found` */
export function findUser(place: Workplace, name: string): Promise<User> {
  return peopleOf(place).find(name);
}

function peopleOf(
  { database, settings }: Workplace,
  hasher: PeopleOptions["hasher"] = { hash: () => Promise.reject(new Error("No password is made here.")) },
): People {
  return createPeople({ store: database.accounts, hasher, passwordMinLength: settings.PASSWORD_MIN_LENGTH });
}

/** Signs a token as the user would get it: with too many scopes none could be made, and the user could not sign in. */
async function requireTokenFits({ openKeys, settings }: Workplace, user: User, scope: readonly string[]) {
  const signer = createAccessTokenSigner({
    issuer: settings.APP_URL,
    audience: settings.AUTH_AUDIENCE,
    keys: await openKeys("change"),
    clock: systemClock,
    ttlSeconds: settings.ACCESS_TOKEN_TTL_SECONDS,
  });
  const subject = { subject: user.id, sessionId: "x".repeat(22), username: user.username };
  try {
    await signer.sign({ ...subject, scope, authTime: 0, amr: ["pwd"] });
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError("Tokens with so many scopes would be too long.");
    if (error instanceof TypeError) {
      throw new CommandError("A scope is text without spaces, quotation marks or backslashes.");
    }
    throw error;
  }
}

function describe({ id, username, scope, createdAt, disabledAt, passwordHash }: User) {
  const hasPassword = passwordHash !== null;
  return { id, username, scope, createdAt: iso(createdAt), disabledAt: iso(disabledAt), hasPassword };
}

export function parseLimit(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit === 0) throw new InvalidArgumentError("Write a whole number from 1 to 999999.");
  return limit;
}
