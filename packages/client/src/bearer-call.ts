// One call of somebody who is signed in.

import type { Outcome } from "./auth-api.ts";
import { AuthClientError } from "./auth-client-error.ts";
import type { Bearer } from "./bearer.ts";

/**
 * As who is here now, and once more with another token where this one was refused before anything ran.
 *
 * @throws AuthClientError `token_missing` where nobody is signed in, or the reason of the refusal.
 */
export type BearerCall = <T>(send: (token: string) => Promise<Outcome<T>>) => Promise<T>;

export function createBearerCall({ authorization, renew }: Bearer): BearerCall {
  return async (send) => {
    const asked = await authorization();
    if (asked.token === null) throw new AuthClientError("token_missing", "Nobody is signed in.");
    let outcome = await send(asked.token);
    if (outcome.kind === "failed" && outcome.retry && (await renew(asked.token))) {
      const again = await authorization();
      if (again.token !== null && again.identity === asked.identity) outcome = await send(again.token);
    }
    if (outcome.kind === "failed") throw outcome.error;
    return outcome.value;
  };
}
