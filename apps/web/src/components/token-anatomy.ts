// Takes a token apart for reading. Nothing is proven here: anybody can write what stands in the first two parts.

export interface Anatomy {
  header: string;
  payload: string;
  signature: string;
  headerEntries: [string, unknown][];
  payloadEntries: [string, unknown][];
  signatureBytes: number;
}

const maxLength = 16 * 1024;

/** @returns the parts, or a sentence that says why it is no token. */
export function takeApart(text: string): Anatomy | string {
  const token = text.trim().replace(/^Bearer\s+/i, "");
  if (token.length > maxLength) return "This is too long for a token.";
  const parts = token.split(".");
  if (parts.length === 5) return "Five parts: this is an encrypted token, and only its reader can open it.";
  const [header = "", payload = "", signature = ""] = parts;
  if (parts.length !== 3) return "A token has three parts with a point between them; this text has not.";
  const headerEntries = entriesOf(header);
  const payloadEntries = entriesOf(payload);
  if (headerEntries === null) return "The first part is not a header that can be read.";
  if (payloadEntries === null) return "The second part is not a set of claims that can be read.";
  const signatureBytes = bytesOf(signature)?.length;
  if (signatureBytes === undefined) return "The third part is not a signature that can be read.";
  return { header, payload, signature, headerEntries, payloadEntries, signatureBytes };
}

function entriesOf(part: string): [string, unknown][] | null {
  const bytes = bytesOf(part);
  if (bytes === undefined) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : null;
  } catch {
    return null;
  }
}

function bytesOf(part: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(part)) return undefined;
  try {
    return Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
  } catch {
    return undefined;
  }
}
