// How every command is made: its options, its example, and what it is given.

import { Command } from "commander";
import { createOutput, type Output } from "./output.ts";
import { type Workplace, withWorkplace } from "./workplace.ts";

/** A command with an example below its help, and --json. */
export function command(name: string, description: string, example: string): Command {
  return new Command(name)
    .description(description)
    .option("--json", "print one JSON value for programs")
    .addHelpText("after", `\nExample:\n  $ signet ${example}`);
}

/** A command that has only others below it. */
export function group(name: string, description: string, commands: readonly Command[]): Command {
  const made = new Command(name).description(description);
  for (const one of commands) made.addCommand(one);
  return made;
}

export interface Common {
  json?: true;
}

/** What most commands need: a place to work, and somewhere to print. */
export async function atWork(
  options: Common,
  work: (place: Workplace, output: Output) => Promise<void>,
  place: { migrate?: boolean; timeoutMs?: number } = {},
): Promise<void> {
  const output = createOutput(options.json === true);
  await withWorkplace({ ...place, output }, (opened) => work(opened, output));
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
