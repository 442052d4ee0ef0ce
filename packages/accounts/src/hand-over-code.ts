// A hand-over code: what a browser brings back from a provider in its address bar, to be changed into a session once, at once, and by nobody
// but the page that asked. What it is bound to is a verifier, as a code of OAuth is by PKCE (RFC 7636).

import { createHash, randomBytes } from "node:crypto";
import type { PresentedCode } from "./provider-stores.ts";

/** From the provider's answer until the page has it: the time of one redirect. */
export const handOverCodeSeconds = 60;

/** As a browser presents it. */
export interface HandOver {
  code: string;
  /** RFC 7636 §4.1: 43 to 128 unreserved characters; random, and known to the page that asked alone. */
  verifier: string;
}

/** 256 random bits. */
export function newHandOverCode(): string {
  return randomBytes(32).toString("base64url");
}

/** As codes are stored and looked for. */
export function presentedCode({ code, verifier }: HandOver): PresentedCode {
  return { codeHash: sha256(code), challenge: sha256(verifier) };
}

/** In base64url; of a verifier it is the challenge, method S256 (RFC 7636 §4.2). */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
