// signet migrate and signet restore: the database as a whole.

import type { Command } from "commander";
import { confirm } from "./asking.ts";
import { atWork, type Common, command, plural } from "./commands.ts";
import { parseMoment } from "./moments.ts";

const restoreTimeoutMs = 10 * 60_000;

export function migrate(): Command {
  return command(
    "migrate",
    "bring the tables to the newest version, as a start does unless MIGRATE_ON_START is false",
    "migrate",
  )
    .option("--dry-run", "say what would happen, and change nothing")
    .action((options: Common & { dryRun?: true }) =>
      atWork(
        options,
        async ({ database }, output) => {
          const pending = await database.pendingMigrations();
          if (options.dryRun) {
            output.say(pending.length === 0 ? "There is nothing to do." : `To be applied: ${pending.join(", ")}`);
            return output.json({ dryRun: true, applied: pending });
          }
          await database.migrate();
          output.say(pending.length === 0 ? "There was nothing to do." : `Applied: ${pending.join(", ")}`);
          output.json({ applied: pending });
        },
        { migrate: false },
      ),
    );
}

export function restore(): Command {
  return command(
    "restore",
    "after a backup was put back, before anybody is let in: end the sessions of before, and begin the list of revocations anew",
    "restore --before 2026-11-24T09:30:00Z",
  )
    .option("--before <moment>", "end only sessions that began before it; default: all", parseMoment)
    .option("--yes", "do not ask")
    .option("--dry-run", "say what would happen, and change nothing")
    .action((options: Common & { before?: Date; yes?: true; dryRun?: true }) =>
      atWork(
        options,
        async (place, output) => {
          const { revocations } = place.database;
          const { before } = options;
          if (options.dryRun) {
            const ended = await revocations.countSessions(before);
            output.say(`${plural(ended, "session")} would end.`);
            return output.json({ dryRun: true, ended });
          }
          await confirm(
            before === undefined ? "This signs everybody out." : "This ends the sessions of before.",
            options,
          );
          const { epoch, ended } = await revocations.startNewEpoch(before);
          await place.record({
            kind: "database_restored",
            detail: { ended, epoch, ...(before === undefined ? {} : { before: before.toISOString() }) },
          });
          output.say(
            `${plural(ended, "session has", "sessions have")} ended, and the list of revocations begins anew.`,
          );
          output.json({ ended, epoch });
        },
        { timeoutMs: restoreTimeoutMs },
      ),
    );
}
