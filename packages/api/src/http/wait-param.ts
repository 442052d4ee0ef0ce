// `?wait=SECONDS`: how long an answer may be held back.

import { AuthError } from "@signet/auth/errors";

/** Below what proxies usually give an answer. */
const maxWaitSeconds = 25;

/** @throws AuthError `input_invalid` */
export function waitOf(params: URLSearchParams): number {
  const [text = "0", ...others] = params.getAll("wait");
  const seconds = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= maxWaitSeconds && others.length === 0) return seconds;
  throw new AuthError("input_invalid", `\`wait\` is a whole number of seconds, ${maxWaitSeconds} at most.`, {
    claim: "wait",
  });
}
