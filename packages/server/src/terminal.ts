// Words for the person at the terminal; what programs read is the log.

import { isForPeople } from "./for-people.ts";

export function say(message: string): void {
  process.stdout.write(`${message}\n`);
}

/** Ends the process. What a person can mend is one sentence; the rest comes with where it happened. */
export function fail(sentence: string, error: unknown): never {
  const text = isForPeople(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`\n${sentence} ${text}\n`);
  process.exit(1);
}
