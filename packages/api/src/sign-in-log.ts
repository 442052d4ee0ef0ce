// Who came in and who did not, in the log: session, address, reason. Never what was typed, not even the name: people
// type passwords into the wrong field.

import type { Accounts } from "@signet/accounts";
import type { Logger } from "pino";
import { refusalOf } from "./auth-errors.ts";

/** The same accounts, with a log line for each attempt. */
export function withSignInLog(accounts: Accounts, log: Logger): Accounts {
  const logged =
    (event: string, attempt: Accounts["issueToken"]): Accounts["issueToken"] =>
    async (credentials, client) => {
      try {
        const issued = await attempt(credentials, client);
        log.info({ event, result: "ok", sessionId: issued.sessionId, address: client.address });
        return issued;
      } catch (error) {
        log.info({ event, result: refusalOf(error).reason, address: client.address });
        throw error;
      }
    };
  return { signUp: logged("sign_up", accounts.signUp), issueToken: logged("sign_in", accounts.issueToken) };
}
