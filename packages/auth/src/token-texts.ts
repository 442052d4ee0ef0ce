// The texts of tokens as they are kept by the thousand (front coding). A token has its header and its first claims in common with most
// others: what is the same as in the one before it is kept once for all that begin so.

export interface TokenText {
  head: string;
  /** All that follows the head; the signature at least. */
  rest: string;
}

/** One for each issuer, key, audience and so on whose tokens come in turns. Where there are more, some are kept more than once. */
const mostHeads = 16;

/** Makes a function that parts the texts of tokens. */
export function createTokenTexts(): (token: string) => TokenText {
  const heads: string[] = [];
  /** Not detached: it is one alone, and until the next one comes. */
  let latest = "";

  function headOf(token: string): string {
    const head = token.slice(0, commonLength(token, latest));
    latest = token;
    const known = heads.find((other) => other === head);
    if (known !== undefined) return known;
    if (heads.push(detached(head)) > mostHeads) heads.shift();
    return heads.at(-1) ?? "";
  }

  return (token) => {
    const head = headOf(token);
    return { head, rest: detached(token.slice(head.length)) };
  };
}

/** Whether that is its whole text. */
export function isTextOf({ head, rest }: TokenText, token: string): boolean {
  // Slices are compared in blocks. What `startsWith` and `endsWith` look at, they look at letter by letter.
  return token.slice(head.length) === rest && token.slice(0, head.length) === head;
}

/** Nothing, or the header at least; never a part of the signature. */
function commonLength(token: string, other: string): number {
  const [header, most] = [token.indexOf("."), token.lastIndexOf(".")];
  let length = 0;
  while (length < most && token.charCodeAt(length) === other.charCodeAt(length)) length += 1;
  return length > header ? length : 0;
}

/** A text of its own: engines keep all that a request brought alive behind a slice of it. To join makes a new one. */
function detached(text: string): string {
  return text.split(".").join(".");
}
