// npm run signet -- …: runs one command and ends with its exit code.

import { isAuthError } from "@signet/auth/errors";
import { isForPeople } from "@signet/server";
import { CommanderError } from "commander";
import { CommandError, exitCodes, UsageError } from "./command-error.ts";
import { createProgram, withIdsApart } from "./program.ts";

// Whoever reads a list may have seen enough of it.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.done);
  throw error;
});

try {
  await createProgram().parseAsync(withIdsApart(process.argv.slice(2)), { from: "user" });
} catch (error) {
  process.exitCode = report(error);
}

/** Says what went wrong, in one sentence where that says all. @returns the exit code */
function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // Commander has said it already. Help that was asked for is no mistake; help for want of a command is.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  const isSentence =
    error instanceof CommandError || error instanceof UsageError || isForPeople(error) || isAuthError(error);
  const text = isSentence ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${text}\n`);
  return error instanceof UsageError ? exitCodes.usage : exitCodes.refused;
}
