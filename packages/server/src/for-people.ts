// Which errors are a sentence for the person at the terminal, and which are for whoever mends the program.

import { UnusableDatabaseError } from "@signet/db";
import { SettingError } from "./setting-error.ts";

/** Whether the message of the error says all that a person needs to mend it. */
export function isForPeople(error: unknown): error is Error {
  return error instanceof SettingError || error instanceof UnusableDatabaseError;
}
