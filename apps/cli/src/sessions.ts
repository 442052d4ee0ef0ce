// signet sessions: who is signed in where, and the end of it.

import type { Session } from "@signet/accounts/stores";
import type { Command } from "commander";
import { confirm } from "./asking.ts";
import { CommandError, UsageError } from "./command-error.ts";
import { atWork, type Common, command, group, plural } from "./commands.ts";
import { fromNow, iso } from "./moments.ts";
import { type Column, table } from "./output.ts";
import { findUser } from "./users.ts";
import type { Workplace } from "./workplace.ts";

const columns: readonly Column<Session>[] = [
  { title: "ID", of: ({ id }) => id },
  { title: "DEVICE", of: ({ device }) => device ?? "–", flexible: true },
  { title: "ADDRESS", of: ({ address }) => address ?? "–", flexible: true },
  { title: "BEGAN", of: ({ createdAt }) => fromNow(createdAt) },
  { title: "LAST USED", of: ({ lastUsedAt }) => fromNow(lastUsedAt) },
];

interface EndOptions extends Common {
  user?: string;
  all?: true;
  yes?: true;
  dryRun?: true;
}

/** What `end` was asked to end. */
interface Choice {
  inWords: string;
  count(): Promise<number>;
  end(): Promise<number>;
  about: { userId?: string; sessionId?: string };
}

export function sessions(): Command {
  return group("sessions", "where people are signed in", [list(), end()]);
}

function list(): Command {
  return command("list", "list a user's sessions, last used first", "sessions list ada")
    .argument("<name>")
    .action((name: string, options: Common) =>
      atWork(options, async (place, output) => {
        const user = await findUser(place, name);
        const found = await place.database.accounts.listSessions(user.id);
        output.json(found.map(describe));
        output.say(
          found.length === 0 ? `${user.username} is not signed in anywhere.` : table(found, columns, output.paint),
        );
      }),
    );
}

function end(): Command {
  return command(
    "end",
    "end one session, those of a user, or all there are; their tokens are refused everywhere within a second",
    "sessions end --user ada",
  )
    .argument("[id]", "the session, as `sessions list` and the `sid` of a token name it")
    .option("--user <name>", "end all sessions of this user")
    .option("--all", "end the sessions of everybody")
    .option("--yes", "do not ask before --all")
    .option("--dry-run", "say what would happen, and change nothing")
    .action((id: string | undefined, options: EndOptions) => {
      if ([id, options.user, options.all].filter((given) => given !== undefined).length !== 1) {
        throw new UsageError("Name one session, or --user NAME, or --all.");
      }
      return atWork(
        options,
        async (place, output) => {
          const choice = await choose(place, id, options);
          if (options.dryRun) {
            const count = await choice.count();
            output.say(`${plural(count, "session")} ${choice.inWords} would end.`);
            return output.json({ dryRun: true, ended: count });
          }
          if (options.all) await confirm("This signs everybody out.", options);
          const ended = await choice.end();
          const { userId, sessionId } = choice.about;
          if (ended > 0) {
            const kind = sessionId === undefined ? "sessions_ended" : "session_ended";
            await place.record({
              kind,
              ...(userId === undefined ? {} : { userId }),
              ...(sessionId === undefined ? {} : { sessionId }),
              detail: { ended },
            });
          }
          output.say(
            ended === 0 ? "There was nothing left to end." : `${plural(ended, "session has", "sessions have")} ended.`,
          );
          output.json({ ended });
        },
        { timeoutMs: options.all ? 10 * 60_000 : 10_000 },
      );
    });
}

async function choose(place: Workplace, id: string | undefined, { user: name }: EndOptions): Promise<Choice> {
  const { accounts, revocations } = place.database;
  if (id !== undefined) {
    const session = await accounts.findSession(id);
    if (session === undefined) throw new CommandError("There is no session of this id.");
    return {
      inWords: `of ${session.user.username}`,
      count: () => Promise.resolve(session.endedAt === null ? 1 : 0),
      end: () => accounts.endSessions({ sessionId: id }),
      about: { userId: session.userId, sessionId: id },
    };
  }
  if (name === undefined) {
    return {
      inWords: "of everybody",
      count: () => revocations.countSessions(),
      end: () => revocations.endAllSessions(),
      about: {},
    };
  }
  const { id: userId, username } = await findUser(place, name);
  return {
    inWords: `of ${username}`,
    count: async () => (await accounts.listSessions(userId)).length,
    end: () => accounts.endSessions({ userId }),
    about: { userId },
  };
}

function describe({ id, userId, createdAt, lastUsedAt, expiresAt, device, address }: Session) {
  return {
    id,
    userId,
    device,
    address,
    createdAt: iso(createdAt),
    lastUsedAt: iso(lastUsedAt),
    expiresAt: iso(expiresAt),
  };
}
