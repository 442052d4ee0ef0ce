// The API on memory stores with a clock of its own, called the way a server calls it.

import { randomBytes } from "node:crypto";
import {
  type Accounts,
  type AccountsOptions,
  createAccounts,
  type IdentityProvider,
  type PasswordHasher,
} from "@signet/accounts";
import type { AccountStore, ProviderAccountStore, SessionStore } from "@signet/accounts/stores";
import { createMemoryAccountStore } from "@signet/accounts/testing";
import type { Clock } from "@signet/auth/clock";
import { createKeyRing } from "@signet/auth/keys";
import { createRevocations } from "@signet/auth/revocation";
import { type AccessTokenSigner, createAccessTokenSigner } from "@signet/auth/sign";
import { createMemorySigningKeyStore, fixedClock } from "@signet/auth/testing";
import { type AccessTokenVerifier, createAccessTokenVerifier } from "@signet/auth/verify";
import { createApi } from "../src/api.ts";
import type { ApiServices } from "../src/context.ts";
import { createLogger } from "../src/log.ts";
import { createMetrics } from "../src/metrics.ts";

export const issuer = "https://signet.test";
/** Another origin of the same site. */
export const otherOrigin = "https://admin.signet.test";
export const password = "correct horse battery staple";

/** Fast and only good for tests; the real one has tests of its own. */
const plainHasher: PasswordHasher = {
  hash: async (text) => `plain:${text}`,
  verify: async (hash, text) => hash === `plain:${text}`,
  needsRehash: () => false,
  close: async () => {},
};

type Overrides = Partial<Omit<ApiServices, "accounts" | "verifier">> & {
  providers?: readonly IdentityProvider[];
  accounts?: Partial<Accounts>;
  verifier?: Partial<AccessTokenVerifier>;
};

/** @param overrides Replace services, or single methods of accounts and verifier. */
export async function createTestApi({ providers = [], ...overrides }: Overrides = {}) {
  const clock = fixedClock(Date.parse("2030-01-01T12:00:00Z"));
  const secret = randomBytes(48).toString("base64url");
  const keys = createKeyRing({
    algorithm: "ES256",
    secrets: [secret],
    store: createMemorySigningKeyStore(clock),
    clock,
  });
  await keys.load();
  const signer = createAccessTokenSigner({ issuer, audience: [issuer], keys, clock, ttlSeconds: 300 });
  const log: string[] = [];
  const store = createMemoryAccountStore(clock);
  const revocations = createRevocations({ source: store, clock, whenStale: "accept" });
  await revocations.poll();
  const accounts = accountsOn(store, signer, clock, secret, {
    providers,
    onSessionsEnded: () => void revocations.poll(),
  });
  const metrics = createMetrics();
  const verifier = createAccessTokenVerifier({
    issuer,
    audience: issuer,
    algorithms: ["ES256"],
    keys,
    clock,
    revocations,
    onLookup: (remembered) => metrics.countLookup(remembered),
  });
  const client = { id: "notes", secret: randomBytes(32).toString("base64url") };
  const services: ApiServices = {
    revocations,
    metrics,
    revocationPages: store,
    clients: [client],
    origins: { own: issuer, allowed: [otherOrigin] },
    jwks: () => keys.jwks(),
    readiness: async () => ({ database: "ok" }),
    log: createLogger("trace", { write: (line: string) => void log.push(line) }),
    ...overrides,
    accounts: { ...accounts, ...overrides.accounts },
    verifier: { ...verifier, ...overrides.verifier },
  };
  const api = createApi(services);

  const fetch = (path: string, init: RequestInit = {}) =>
    api.handle(new Request(new URL(path, issuer), init), { address: "192.0.2.1" });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  return {
    api,
    client,
    metrics,
    revocations,
    clock,
    fetch,
    keys,
    log,
    services,
    signer,
    store,
    bearer,

    /** A token for somebody who signed up a moment ago. */
    async signUp(username = `user-${randomBytes(4).toString("hex")}`) {
      const answer = await this.mutate("auth.signUp", { username, password });
      const { accessToken } = (await answer.json()).result.data;
      return { username, accessToken: String(accessToken) };
    },

    /** The same accounts, on the same store; whoever calls that is told on. */
    watchStore: (onCall: (name: string) => void) => {
      const watched = new Proxy(store, {
        get(target, name, receiver) {
          const value: unknown = Reflect.get(target, name, receiver);
          if (typeof value !== "function") return value;
          return (...args: unknown[]) => {
            onCall(String(name));
            return value.apply(target, args);
          };
        },
      });
      return accountsOn(watched, signer, clock, secret);
    },

    /** A form, as another service sends it; with the credentials of `client` unless told otherwise. */
    form: (path: string, fields: Record<string, string>, headers: Record<string, string> = basicOf(client)) =>
      fetch(path, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
        body: new URLSearchParams(fields).toString(),
      }),

    /** A token with these scopes. */
    async tokenWith(scope: readonly string[]) {
      const grant = {
        subject: "sub",
        sessionId: "sid",
        username: "ada",
        scope,
        authTime: clock() / 1000,
        amr: ["pwd"] as const,
      };
      return (await signer.sign(grant)).accessToken;
    },

    mutate: (path: string, input: unknown, headers: Record<string, string> = {}) =>
      fetch(`/api/trpc/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(input),
      }),

    query: (path: string, headers: Record<string, string> = {}) => fetch(`/api/trpc/${path}`, { headers }),
  };
}

export type TestApi = Awaited<ReturnType<typeof createTestApi>>;

export function accountsOn(
  store: AccountStore & SessionStore & ProviderAccountStore,
  signer: AccessTokenSigner,
  clock: Clock,
  secret: string,
  more: Pick<AccountsOptions, "providers" | "onSessionsEnded"> = {},
): Accounts {
  return createAccounts({
    store,
    signer,
    hasher: plainHasher,
    clock,
    passwordMinLength: 15,
    secrets: [secret],
    sessionMaxSeconds: 30 * 24 * 60 * 60,
    sessionIdleSeconds: 7 * 24 * 60 * 60,
    ...more,
  });
}

export function basicOf({ id, secret }: { id: string; secret: string }): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` };
}

/** The same token with its signature's first character changed. */
export function tampered(token: string): string {
  const at = token.lastIndexOf(".") + 1;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}
