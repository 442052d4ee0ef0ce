// How long ago somebody signed in, as far as their own token says. It saves them a way in vain; the API decides.

import { takeApart } from "./token-anatomy";

/** As the API has it. */
const freshSeconds = 10 * 60;
/** What the way to a provider and back may take. */
const wayThereAndBackSeconds = 2 * 60;

/**
 * Whether the sign-in will still be fresh enough, on the way back from a provider, to change what one signs in with. True where
 * it is not known.
 *
 * @param timeLeftMs How long the token is still good, by the server's clock.
 */
export function isFreshEnough(token: string | null, timeLeftMs: number | null): boolean {
  const anatomy = token === null ? null : takeApart(token);
  if (anatomy === null || typeof anatomy === "string" || timeLeftMs === null) return true;
  const claims = new Map(anatomy.payloadEntries);
  const [expiresAt, signedInAt] = [claims.get("exp"), claims.get("auth_time")];
  if (typeof expiresAt !== "number" || typeof signedInAt !== "number") return true;
  const ageSeconds = expiresAt - timeLeftMs / 1000 - signedInAt;
  return ageSeconds <= freshSeconds - wayThereAndBackSeconds;
}
