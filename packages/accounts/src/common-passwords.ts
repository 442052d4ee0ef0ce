// Passwords that are tried first: a list of 49,000 common ones, and what people make of them when more characters are
// asked for. The whole password is compared, in any letter case and with or without separators; a password is not refused
// for a common word somewhere in it.

import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";

/** No entry of the list is longer, so longer parts need no look-up. */
const maxEntryLength = 24;
/** Of these two may not stand together either: 9 million combinations are soon tried. */
const mostCommonCount = 3_000;
/** Texts of dictionary words stay below 3; `1qaz2wsx3edc4rfv` has 4. */
const minKeysPerRun = 3.5;
const leadingFiller = /^[\d\p{P}\p{S}]{1,6}/u;
const trailingFiller = /[\d\p{P}\p{S}]{1,6}$/u;

const list: readonly string[] = dictionary["passwords-common"];
const common = new Set(list);
const mostCommon = new Set(list.slice(0, mostCommonCount));
const neighbours = keyboardNeighbours([adjacencyGraphs.qwerty, adjacencyGraphs.qwertz, adjacencyGraphs.azerty]);

/**
 * Whether the password is a common one: on the list, or made of it in a way that is tried next: a common one twice, or two of the
 * 3,000 most common ones, or one and a common row of digits; each with up to six digits or signs before and after.
 *
 * @param contextWords Words that anybody would try here: the name of the service.
 */
export function isCommon(password: string, contextWords: readonly string[] = []): boolean {
  const folded = fold(password);
  const context = new Set(contextWords.map(fold));
  return [folded, withoutSeparators(folded)].flatMap(cores).some((core) => isCommonCore(core, context));
}

/** Whether the whole password is one text twice or more often, the last time perhaps in part. */
export function repeatsItself(password: string): boolean {
  const text = fold(password);
  return smallestPeriod(text) <= text.length / 2;
}

/** Whether the password runs along neighbouring keys, the alphabet or the digits: in the mean three and a half keys in a row. */
export function isSequence(password: string): boolean {
  const keys = [...withoutSeparators(fold(password))];
  let runs = 1;
  for (const [index, key] of keys.entries()) {
    const before = keys[index - 1];
    if (before !== undefined && !isNextTo(before, key)) runs += 1;
  }
  return keys.length / runs >= minKeysPerRun;
}

/** Letter case and compatibility forms make no difference to someone who guesses. */
export function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

export function withoutSeparators(folded: string): string {
  return folded.replaceAll(/[\s._-]/gu, "");
}

/** The text itself, and without one to six of the signs that people put before and after a word to make it longer. */
function cores(text: string): string[] {
  const atEnd = trailingFiller.exec(text)?.[0].length ?? 0;
  const atStart = leadingFiller.exec(text)?.[0].length ?? 0;
  const ends = Array.from({ length: atEnd + 1 }, (_, cut) => text.slice(0, text.length - cut));
  return ends.flatMap((rest) => Array.from({ length: atStart + 1 }, (_, cut) => rest.slice(cut)));
}

function isDigitRow(part: string): boolean {
  return /^\d+$/.test(part) && common.has(part);
}

function isCommonCore(core: string, context: ReadonlySet<string>): boolean {
  const isWord = (part: string) => common.has(part) || context.has(part);
  if (isWord(core)) return true;
  const unit = core.slice(0, smallestPeriod(core));
  if (unit.length <= core.length / 2 && isWord(unit)) return true;
  // Neither half could be on the list.
  if (core.length > 2 * maxEntryLength) return false;

  const isFrequent = (part: string) => mostCommon.has(part) || context.has(part);
  for (let at = 1; at < core.length; at += 1) {
    const head = core.slice(0, at);
    const tail = core.slice(at);
    if (isFrequent(head) && isFrequent(tail)) return true;
    if ((isWord(head) && isDigitRow(tail)) || (isDigitRow(head) && isWord(tail))) return true;
  }
  return false;
}

/** By the failure function of Knuth, Morris and Pratt: linear, also for 1,024 equal letters. */
function smallestPeriod(text: string): number {
  const borders = [0];
  for (let index = 1; index < text.length; index += 1) {
    let border = borders[index - 1] ?? 0;
    while (border > 0 && text[index] !== text[border]) border = borders[border - 1] ?? 0;
    borders.push(text[index] === text[border] ? border + 1 : 0);
  }
  return text.length - (borders.at(-1) ?? 0);
}

function isNextTo(before: string, key: string): boolean {
  const step = (key.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0);
  const sameKind = /^(?:\d\d|\p{L}\p{L})$/u.test(before + key);
  return (sameKind && Math.abs(step) <= 1) || before === key || neighbours.get(before)?.has(key) === true;
}

function keyboardNeighbours(graphs: readonly Record<string, readonly (string | null)[]>[]): Map<string, Set<string>> {
  const result = new Map<string, Set<string>>();
  for (const graph of graphs) {
    for (const [key, others] of Object.entries(graph)) {
      const known = result.get(key) ?? new Set();
      for (const other of others.join("")) known.add(other.toLowerCase());
      result.set(key, known);
    }
  }
  return result;
}
