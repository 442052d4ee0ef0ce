// `Authorization: Basic …` → username and password.

import { AuthError } from "@signet/auth/errors";

/** Asks for a password; sent only by the endpoint that takes one this way. */
export const basicChallenge = 'Basic realm="signet", charset="UTF-8"';

const basicHeader = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

/**
 * Reads the credentials of a Basic header. Only the first colon splits; text is UTF-8; control characters are refused.
 *
 * @throws AuthError `credentials_invalid` for no header, another scheme, or one that cannot be read.
 * @see RFC 7617 §2
 */
export function parseBasicCredentials(header: string | null): { username: string; password: string } {
  const text = decodeBase64(basicHeader.exec(header ?? "")?.[1]);
  const colon = text?.indexOf(":") ?? -1;
  if (text === undefined || colon === -1 || /\p{Cc}/u.test(text)) {
    throw new AuthError("credentials_invalid", "Send username and password as Basic credentials.");
  }
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decodeBase64(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, "base64");
  // Buffer is lenient; only text that encodes back to itself was base64.
  if (bytes.toString("base64").replace(/=+$/, "") !== encoded.replace(/=+$/, "")) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
