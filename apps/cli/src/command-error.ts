// How a command ends that could not do what it was asked.

/** Refused or failed; the message is one sentence for the operator, exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Asked for wrongly, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const exitCodes = { done: 0, refused: 1, usage: 2 } as const;
