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
  // Of the latest token. It is not detached: it is one alone, and goes when the next one comes.
  let latest = "";
  let head = "";

  /** Most tokens cease to be like the latest one where that ceased to be like the one before it. */
  function hasSameHead(token: string): boolean {
    const { length } = head;
    return token.slice(0, length) === head && token.charCodeAt(length) !== latest.charCodeAt(length);
  }

  function keptOnce(text: string): string {
    const known = heads.find((other) => other === text);
    if (known !== undefined) return known;
    const own = detached(text);
    if (heads.push(own) > mostHeads) heads.shift();
    return own;
  }

  return (token) => {
    if (!hasSameHead(token)) head = keptOnce(token.slice(0, commonLength(token, latest)));
    latest = token;
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
  const most = Math.min(token.lastIndexOf("."), other.length);
  let length = 0;
  while (length < most && token.charCodeAt(length) === other.charCodeAt(length)) length += 1;
  return length > token.indexOf(".") ? length : 0;
}

/** A text of its own: engines keep all that a request brought alive behind a slice of it. To join makes a new one. */
function detached(text: string): string {
  return text.split(".").join(".");
}
