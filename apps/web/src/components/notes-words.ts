// What the notes service says, in words for the person who reads them.

import { TRPCClientError } from "@trpc/client";

/** As the service has it; it is asked for here as well, so that nobody waits to be told. */
export const maxNoteLength = 2_000;

const numbers = new Intl.NumberFormat("en");

/** What is wrong with a note that is about to be kept, or null. */
export function noteProblem(text: string): string | null {
  if (text.trim() === "") return "Write something first.";
  const over = [...text].length - maxNoteLength;
  if (over <= 0) return null;
  return `Too long by ${numbers.format(over)} character${over === 1 ? "" : "s"}: ${numbers.format(maxNoteLength)} at most.`;
}

/** Whether nothing came back from the service at all. */
export function isSilent(error: unknown): boolean {
  return error instanceof TRPCClientError && reasonOf(error) === undefined && error.cause?.name !== "AuthClientError";
}

/** Why the service did not do what was asked for; null for what is no answer of it, and a fault of ours. */
export function notesErrorWords(error: unknown): string | null {
  if (!(error instanceof TRPCClientError)) return null;
  if (isSilent(error)) return "The notes service does not answer. Nothing is lost; try again in a moment.";
  switch (reasonOf(error)) {
    case "input_invalid":
      return problemOf(error) === "too_many"
        ? "There is no room for more notes. Remove one first."
        : "This note cannot be kept as it is.";
    case "not_found":
      return "This note was removed already.";
    case "insufficient_scope":
      return "Your token is genuine, and was not granted what this service asks for.";
    case "storage_unavailable":
      return "The notes service cannot reach your notes just now. Nothing is lost; try again in a moment.";
    case "keys_unavailable":
    case "revocations_unknown":
    case "busy":
      return "The notes service cannot check your token just now. Nothing is lost; try again in a moment.";
    case "token_missing":
    case "token_malformed":
    case "token_invalid":
    case "token_expired":
    case "token_revoked":
      return "The notes service does not accept your token. Sign out and in again; if that does not help, it trusts another issuer.";
    default:
      return "Something went wrong at the notes service, not with you. Try again in a moment.";
  }
}

function reasonOf(error: TRPCClientError<never>): string | undefined {
  return textIn(error, "reason");
}

function problemOf(error: TRPCClientError<never>): string | undefined {
  return textIn(error, "problem");
}

function textIn(error: TRPCClientError<never>, name: string): string | undefined {
  const data: unknown = error.data;
  const value = typeof data === "object" && data !== null ? Reflect.get(data, name) : undefined;
  return typeof value === "string" ? value : undefined;
}
