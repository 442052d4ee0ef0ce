// @signet/auth/return-path: where to go after signing in. The path comes from the address, so anybody can write it: only a path of this origin is
// taken, and it is judged by what a browser makes of it, not by how it looks.

const defaultPath = "/";
const maxLength = 2048;
/** Paths are judged against an origin that does not exist, so that no real one can be meant by accident. */
const nowhere = "https://return-path.invalid";

/**
 * A path on this origin that is safe to navigate to.
 *
 * Refused, and answered with `fallback`: other origins in any spelling (`//host`, `/\host`, `https:host`, `/..//host`,
 * also percent-encoded, also hidden behind tabs and newlines that browsers drop), other schemes, user info, control
 * characters. A `token` in the query is left out.
 *
 * @param value What the address said, such as `searchParams.get("return_to")`.
 */
export function returnPathFrom(value: unknown, fallback: string = defaultPath): string {
  if (typeof value !== "string" || value.length > maxLength || !isPlainPath(value)) return fallback;
  if (!URL.canParse(value, nowhere)) return fallback;
  const url = new URL(value, nowhere);
  // Resolving dot segments may have made another one of it: `/..//host` is `//host`.
  if (url.origin !== nowhere || !isPlainInEveryReading(url.pathname)) return fallback;
  if (url.searchParams.has("token")) url.searchParams.delete("token");
  const path = url.pathname + url.search + url.hash;
  // Escaped it may have become six times as long, and it has to fit into cookies and headers.
  return path.length > maxLength ? fallback : path;
}

/** One slash, then anything but what browsers read as a second one or drop without a word. */
function isPlainPath(text: string): boolean {
  if (!text.startsWith("/") || text.startsWith("//") || text.includes("\\")) return false;
  return ![...text].some(isControl);
}

/** C0, delete, C1, and the two line ends of Unicode. */
function isControl(character: string): boolean {
  const code = character.charCodeAt(0);
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029;
}

/** A router may decode a path once, a proxy once more. */
function isPlainInEveryReading(pathname: string): boolean {
  let reading = pathname;
  for (let round = 0; round < 3; round += 1) {
    if (!isPlainPath(reading)) return false;
    const resolved = new URL(reading, nowhere);
    if (resolved.origin !== nowhere || !isPlainPath(resolved.pathname)) return false;
    try {
      const next = decodeURIComponent(reading);
      if (next === reading) return true;
      reading = next;
    } catch {
      return false;
    }
  }
  // Encoded more often than anybody has a reason to.
  return false;
}
