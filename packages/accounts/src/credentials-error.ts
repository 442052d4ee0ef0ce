// A password that was wrong, and whose it would have been: for the audit log alone. The answer is the same for everybody.

import { AuthError } from "@signet/auth/errors";

export class CredentialsError extends AuthError {
  /** Undefined where there is no such user. */
  readonly userId: string | undefined;

  constructor(userId: string | undefined) {
    super("credentials_invalid", "Username or password is wrong.");
    this.userId = userId;
  }
}
