// Which passwords are taken, after NIST SP 800-63B-4 §3.1.1.2: long, not common, and nothing else. No rule asks for digits,
// capitals or signs, and no password has to change for its age.

import { AuthError } from "@signet/auth/errors";
import { fold, isCommon, isSequence, repeatsItself, withoutSeparators } from "./common-passwords.ts";

/** What is wrong with a new password: `problem` beside the reason `password_unacceptable`. */
export type PasswordProblem =
  | "too_short"
  | "too_long"
  | "unsupported_character"
  | "too_common"
  | "repeats"
  | "sequence"
  | "contains_username";

/** In UTF-8 after NFC; it bounds the work, not the person. */
export const maxPasswordBytes = 1_024;
/** Below this the rest of a password that holds the username is not a password of its own. */
const minRestLength = 8;
/** Shorter names turn up in ordinary words. */
const minTellingUsernameLength = 4;
const contextWords = ["signet"];

const messages: Record<PasswordProblem, (minLength: number) => string> = {
  too_short: (minLength) => `This password is too short. Use at least ${minLength} characters; a few words do well.`,
  too_long: () => `This password is too long. Use at most ${maxPasswordBytes} bytes; that is room for a whole page.`,
  unsupported_character: () =>
    "This password holds a character that cannot be typed again. Use letters, digits, signs and spaces.",
  too_common: () => "This password is among those that are guessed first. Use words that do not belong together.",
  repeats: () => "This password is one part written several times. Use different words.",
  sequence: () => "This password follows the keys of the keyboard or the alphabet. Use words instead.",
  contains_username: () =>
    "This password is little more than your username. Use words that have nothing to do with it.",
};

/**
 * Whether text can be a password at all: 1 to 1,024 bytes of well-formed text without control characters. What fails here is
 * refused before any hashing, whoever asks.
 */
export function canBePassword(password: string): boolean {
  return password !== "" && findUnusable(password) === undefined;
}

/**
 * Checks a new password against the policy.
 *
 * @param minLength In code points.
 * @param username Normalised.
 * @param field The input field to name in the error.
 * @throws AuthError `password_unacceptable` with its `problem`
 */
export function requireAcceptablePassword(
  password: string,
  minLength: number,
  username: string,
  field = "password",
): void {
  const problem = findUnusable(password) ?? findProblem(password.normalize("NFC"), minLength, username);
  if (problem === undefined) return;
  throw new AuthError("password_unacceptable", messages[problem](minLength), { claim: field, problem });
}

function findUnusable(password: string): PasswordProblem | undefined {
  // The length in code units comes first: it costs nothing, however much was sent.
  if (password.length > maxPasswordBytes) return "too_long";
  // A lone surrogate would become U+FFFD in UTF-8, equal to every other one; NUL ends a string in some libraries.
  if (/[\p{Cc}\p{Cs}]/u.test(password)) return "unsupported_character";
  return Buffer.byteLength(password.normalize("NFC")) > maxPasswordBytes ? "too_long" : undefined;
}

function findProblem(password: string, minLength: number, username: string): PasswordProblem | undefined {
  if ([...password].length < minLength) return "too_short";
  if (isMostlyUsername(password, username)) return "contains_username";
  if (repeatsItself(password)) return "repeats";
  if (isSequence(password)) return "sequence";
  return isCommon(password, contextWords) ? "too_common" : undefined;
}

function isMostlyUsername(password: string, username: string): boolean {
  const folded = fold(password);
  if (folded === username) return true;
  if ([...username].length < minTellingUsernameLength || !folded.includes(username)) return false;
  const rest = withoutSeparators(folded.replaceAll(username, ""));
  return [...rest].length < minRestLength || isCommon(rest, contextWords);
}
