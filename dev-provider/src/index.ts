// @signet/dev-provider: an OpenID provider to try sign-in with, and to test against. Not for production.

export { type DevClient, type DevProvider, type DevProviderOptions, startDevProvider } from "./dev-provider.ts";
export { type FakeGithub, type FakeGithubOptions, startFakeGithub } from "./fake-github.ts";
export type { IdTokenParts, Place, SignIdToken, Tampering } from "./tampering.ts";
export { type Trouble, troubles } from "./troubles.ts";
export { type Visit, visitProvider } from "./visit.ts";
