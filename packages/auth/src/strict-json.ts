// JSON as both sides must agree on it. `JSON.parse` alone lets the last of two equal names win and drops lone
// surrogates on the way out, so that two readers of one signed text can see two different tokens.

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const quote = '"'.charCodeAt(0);
const backslash = "\\".charCodeAt(0);
const colon = ":".charCodeAt(0);
const loneSurrogate = /\p{Surrogate}/u;
/** In a text of ASCII, without this, there is no surrogate. */
const mayHoldSurrogate = /\\u|[^\0-\x7f]/;

export type JsonObject = Record<string, unknown>;

/**
 * Reads bytes that hold exactly one JSON object, in the terms of I-JSON: valid UTF-8 without a byte order mark, no member
 * name twice in one object (at any depth, in any spelling), no lone surrogate.
 *
 * The object has no prototype, so a member that is absent is absent even when `Object.prototype` was polluted.
 *
 * @throws SyntaxError (or TypeError for bytes that are not UTF-8); the text says nothing of the input's content.
 * @see RFC 7493 §2, RFC 7515 §4, RFC 7519 §4
 */
export function parseJsonObject(bytes: Uint8Array): JsonObject {
  // The mark is kept by the decoder (`ignoreBOM`), and JSON.parse does not take it for white space.
  const text = utf8.decode(bytes);
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new SyntaxError("The JSON text is not an object.");
  if (countMembers(value) !== countNameSeparators(text)) throw new SyntaxError("A member name appears twice.");
  if (mayHoldSurrogate.test(text)) refuseLoneSurrogates(value);
  return Object.setPrototypeOf(value, null) as JsonObject;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** In a valid JSON text every colon outside a string follows a member name: this counts the members as written. */
function countNameSeparators(text: string): number {
  let separators = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === quote) isInString = !isInString;
    else if (unit === backslash) index += 1;
    else if (unit === colon && !isInString) separators += 1;
  }
  return separators;
}

/** Counts the members that parsing kept, at all depths; fewer than written means that a name was there twice. */
function countMembers(root: JsonObject): number {
  let members = 0;
  for (const holder of holdersIn(root)) if (!Array.isArray(holder)) members += Object.keys(holder).length;
  return members;
}

function refuseLoneSurrogates(root: JsonObject): void {
  for (const holder of holdersIn(root)) {
    for (const text of [...Object.keys(holder), ...Object.values(holder)]) {
      if (typeof text === "string" && loneSurrogate.test(text))
        throw new SyntaxError("A string holds half a character.");
    }
  }
}

/** Every object and list in it, itself first. A list that grows, not recursion: thousands of brackets must not exhaust the stack. */
function holdersIn(root: JsonObject): object[] {
  const holders: object[] = [root];
  for (const holder of holders) {
    for (const value of Object.values(holder)) if (typeof value === "object" && value !== null) holders.push(value);
  }
  return holders;
}
