// @signet/accounts: people, their passwords and their sessions.

export {
  type Accounts,
  type AccountsOptions,
  type Budgets,
  type Client,
  type Credentials,
  createAccounts,
  type IssuedToken,
} from "./accounts.ts";
export {
  type Argon2Cost,
  createPasswordHasher,
  type PasswordHasher,
  type PasswordHasherOptions,
} from "./password-hasher.ts";
export type { PasswordProblem } from "./password-policy.ts";
export { normalizeUsername } from "./username.ts";
