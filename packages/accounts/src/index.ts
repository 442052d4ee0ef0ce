// @signet/accounts: people, their passwords and their sessions.

export {
  type Accounts,
  type AccountsOptions,
  type Credentials,
  createAccounts,
  type SessionOptions,
} from "./accounts.ts";
export { type AuditEvent, type AuditKind, type AuditLog, auditKinds } from "./audit-events.ts";
export {
  type Attempt,
  type BudgetLimits,
  type Budgets,
  type BudgetsOptions,
  type Charge,
  createBudgets,
} from "./budgets.ts";
export type { HandOver } from "./hand-over-code.ts";
export { type DeviceMark, deviceMarkSeconds } from "./known-devices.ts";
export { type Networks, networksOf } from "./networks.ts";
export { createGithubProvider, type GithubProviderOptions } from "./oidc/github-provider.ts";
export {
  type IdentityProvider,
  type IdentityProviderOptions,
  ProviderError,
  type ProviderIdentity,
  type ProviderProblem,
  type ProviderTransaction,
} from "./oidc/identity-provider.ts";
export { createOidcProvider, type OidcProviderOptions } from "./oidc/oidc-provider.ts";
export {
  type Argon2Cost,
  createPasswordHasher,
  type PasswordHasher,
  type PasswordHasherOptions,
} from "./password-hasher.ts";
export type { PasswordProblem } from "./password-policy.ts";
export { createPeople, type People, type PeopleOptions } from "./people.ts";
export type { ProviderSignInProblem, ProviderSignIns, SignInProblem } from "./provider-sign-ins.ts";
export { type KeptTransaction, providerTransactionSeconds } from "./provider-transactions.ts";
export type { Client, IssuedToken, RefreshGrant } from "./session-start.ts";
export type { LiveRefreshToken, SessionIncident, Sessions } from "./sessions.ts";
export type { SignInMethodList, SignInMethods } from "./sign-in-methods.ts";
export { normalizeUsername } from "./username.ts";
