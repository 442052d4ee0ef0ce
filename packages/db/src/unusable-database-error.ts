/** The database must not be touched, or cannot be opened. The message is one sentence for a person, who can mend it. */
export class UnusableDatabaseError extends Error {
  override readonly name = "UnusableDatabaseError";
}
