// @signet/dev-provider: an OpenID provider to try sign-in with, and to test against.

export {};
