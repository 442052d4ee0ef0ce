// All commands.

import { Command } from "commander";
import { audit } from "./audit.ts";
import { doctor } from "./doctor.ts";
import { keys } from "./keys.ts";
import { routes } from "./routes.ts";
import { sessions } from "./sessions.ts";
import { migrate, restore } from "./tables.ts";
import { token } from "./token.ts";
import { users } from "./users.ts";

export function createProgram(): Command {
  const program = new Command("signet")
    .description(
      "The operator's commands. They read the settings of the server they stand beside, and join its database.",
    )
    .configureHelp({ helpWidth: 80, showGlobalOptions: false })
    .addHelpText(
      "after",
      `
Exit codes: 0 done, 1 refused or failed, 2 asked for wrongly.
For programs: node scripts/signet.mjs … --json`,
    );
  const all = [users(), sessions(), keys(), migrate(), restore(), token(), routes(), doctor(), audit()];
  for (const one of all) program.addCommand(one);
  settle(program);
  return program;
}

/** What holds for every command: errors are thrown, and help is as wide everywhere. */
function settle(command: Command): void {
  command.exitOverride().helpCommand(false).configureHelp({ helpWidth: 80 });
  for (const one of command.commands) settle(one);
}

/** Of sessions and keys, which are base64url: one in 64 begins like an option. */
const idLikeOption = /^-(?:[A-Za-z0-9_]|-(?=.*[A-Z0-9_]))[A-Za-z0-9_-]{8,}$/;

/** The arguments with such ids where nobody takes them for options: at the end, after `--`. */
export function withIdsApart(args: readonly string[]): string[] {
  if (args.includes("--")) return [...args];
  const isId = (arg: string, index: number) => idLikeOption.test(arg) && args[index - 1] !== "--secret";
  const ids = args.filter(isId);
  return ids.length === 0 ? [...args] : [...args.filter((arg, index) => !isId(arg, index)), "--", ...ids];
}
