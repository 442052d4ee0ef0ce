// One rule for names, applied once, before anything compares or stores them. Two spellings that look alike to a person
// (capitals, full-width letters, composed accents) are one name, so nobody can register a second one beside it.

import { AuthError } from "@signet/auth/errors";

const maxLength = 64;
/** Bounds the work: no accepted name is longer in any spelling that people type. */
const maxInputLength = 256;
/** Letters, marks and decimal digits of every script; marks and letters that cannot be seen are left out. */
const allowedCharacter = /^(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{Nd}._\-+@]$/u;
const allowed = /^(?!\p{M})(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{Nd}._\-+@])+$/u;

/**
 * Gives the one spelling under which a name is stored and looked up: NFKC, lower case, NFKC again.
 *
 * White space around the name is dropped: keyboards of phones add a space after a word, and no name holds one. Letters of
 * different scripts that look alike (Latin a, Cyrillic а) stay different names.
 *
 * @throws AuthError `input_invalid`, claim "username"
 */
export function normalizeUsername(input: string): string {
  const username = findUsername(input);
  if (username !== undefined) return username;
  throw new AuthError(
    "input_invalid",
    `A username has 1 to ${maxLength} letters, digits and the characters . _ - + @, and begins with one of them.`,
    { claim: "username" },
  );
}

/** As `normalizeUsername`, and `undefined` for what cannot be a name. */
export function findUsername(input: string): string | undefined {
  if (input.length > maxInputLength) return undefined;
  const username = input.normalize("NFKC").toLowerCase().normalize("NFKC").trim();
  return [...username].length <= maxLength && allowed.test(username) ? username : undefined;
}

/**
 * A username made of what somebody is called elsewhere: what cannot stand in one is left out, and so is the host of an e-mail address.
 *
 * @returns `undefined` where nothing is left
 */
export function suggestUsername(text: string): string | undefined {
  const [local = ""] = text.slice(0, maxInputLength).normalize("NFKC").toLowerCase().normalize("NFKC").split("@");
  const fitting = [...local.trim().replaceAll(/\s+/gu, ".")].filter((character) => allowedCharacter.test(character));
  return findUsername(
    fitting
      .slice(0, maxLength)
      .join("")
      .replace(/^\p{M}+/u, ""),
  );
}

/** For a name that somebody else has. */
export function usernameTaken(): AuthError {
  return new AuthError("username_taken", "This username is taken. Choose another one.", { claim: "username" });
}
