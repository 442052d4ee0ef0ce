// Away to a provider and back: who somebody is there, as a hand-over code for the page that asked. Nobody is signed in by any of it.

import type { Clock } from "@signet/auth/clock";
import { AuthError, isAuthError } from "@signet/auth/errors";
import type { Budgets } from "./budgets.ts";
import { giveBack, unlessTried } from "./charged-work.ts";
import { handOverCodeSeconds, newHandOverCode, sha256 } from "./hand-over-code.ts";
import { type IdentityProvider, ProviderError, type ProviderProblem } from "./oidc/identity-provider.ts";
import type { ProviderAccountStore } from "./provider-stores.ts";
import { createProviderTransactions, type KeptTransaction } from "./provider-transactions.ts";
import type { Client } from "./session-start.ts";

/**
 * Why it came to nothing, for a person to be told.
 *
 * - `cancelled`, `unavailable`, `refused`: see `ProviderProblem`.
 * - `expired`: this browser did not begin it, or too long ago, or it was answered before.
 * - `rate_limited`: too many came to nothing from this address.
 * - `busy`: we cannot do it at this moment.
 */
export type SignInProblem = ProviderProblem | "expired" | "rate_limited" | "busy";

export interface ProviderSignIns {
  /** Those that are configured, in their order. */
  list(): { provider: string; label: string }[];
  /** Of those that are configured. */
  issuers(): readonly string[];
  /** What the provider with this issuer is called here; `undefined` where none is configured. */
  findByIssuer(issuer: string): { provider: string; label: string } | undefined;

  /**
   * Sends a browser away.
   *
   * Does not check: that the browser's own page asked for it, or that `returnPath` is a path of ours (both are HTTP's).
   *
   * @throws AuthError `not_found` for a name that is not configured
   */
  begin(
    provider: string,
    page: { challenge: string; returnPath: string },
    client: Client,
  ): Promise<BegunProviderSignIn>;

  /**
   * Takes a browser back. Never throws for what the provider, the browser or our storage does.
   *
   * @param answer The query of the callback.
   * @param kept What the browser keeps of the sign-ins that it began, by id.
   */
  complete(
    provider: string,
    answer: URLSearchParams,
    kept: ReadonlyMap<string, string>,
    client: Client,
  ): Promise<CompletedProviderSignIn>;
}

export type BegunProviderSignIn = { location: URL; kept: KeptTransaction } | { problem: SignInProblem };

/** `transactionId` and `returnPath`: of what this browser began, where it did. */
export type CompletedProviderSignIn =
  | { transactionId: string; returnPath: string; code: string }
  | { transactionId: string; returnPath: string; problem: SignInProblem }
  | { transactionId?: undefined; returnPath?: undefined; problem: "expired" };

export interface ProviderSignInsOptions {
  providers: readonly IdentityProvider[];
  store: Pick<ProviderAccountStore, "addCode">;
  secrets: readonly string[];
  clock: Clock;
  budgets: Budgets;
  onProblem(problem: ProviderSignInProblem): void;
}

/** A sign-in with a provider that came to nothing. */
export interface ProviderSignInProblem {
  provider: string;
  problem: SignInProblem;
  client: Client;
  /** Its message holds nothing secret; its cause may. */
  error?: Error;
}

/** @throws TypeError for two providers of one name, or of one issuer */
export function createProviderSignIns(options: ProviderSignInsOptions): ProviderSignIns {
  const { providers, store, budgets, onProblem } = options;
  const byName = new Map(providers.map((provider) => [provider.name, provider]));
  const byIssuer = new Map(providers.map((provider) => [provider.issuer, provider]));
  if (byName.size < providers.length) throw new TypeError("Two providers have the same name.");
  if (byIssuer.size < providers.length) throw new TypeError("Two providers have the same issuer.");
  const transactions = createProviderTransactions(options.secrets, options.clock);

  function require(name: string): IdentityProvider {
    const provider = byName.get(name);
    if (provider === undefined) throw new AuthError("not_found", "No provider of this name is configured here.");
    return provider;
  }

  return {
    list: () => providers.map(described),
    issuers: () => [...byIssuer.keys()],
    findByIssuer(issuer) {
      const provider = byIssuer.get(issuer);
      return provider && described(provider);
    },

    async begin(name, page, client) {
      const provider = require(name);
      const { kept, secrets } = transactions.begin({ provider: name, ...page });
      try {
        return { location: await provider.authorizationUrl(secrets), kept };
      } catch (error) {
        return { problem: failed(name, client, error) };
      }
    },

    async complete(name, answer, kept, client) {
      const provider = require(name);
      const [state = null, ...others] = answer.getAll("state");
      const opened = others.length === 0 ? transactions.open(state, kept) : undefined;
      // A transaction with one provider is none with another.
      if (state === null || opened === undefined || opened.asked.provider !== name) {
        onProblem({ provider: name, problem: "expired", client });
        return { problem: "expired" };
      }
      const { asked, secrets } = opened;
      const about = { transactionId: state, returnPath: asked.returnPath };
      try {
        const charge = await budgets.charge({ operation: "provider_sign_in", address: client.address });
        return await unlessTried(charge, [], async () => {
          const identity = await provider.identify(answer, secrets).catch(async (error: unknown) => {
            // Tried, and to be paid for: each asks the provider. But no is an answer as good as any.
            if (problemOf(error) === "cancelled") await giveBack(charge);
            return error as Error;
          });
          if (identity instanceof Error) return { ...about, problem: failed(name, client, identity) };
          const code = newHandOverCode();
          const added = await store.addCode({
            codeHash: sha256(code),
            transactionHash: sha256(state),
            challenge: asked.challenge,
            issuer: identity.issuer,
            subject: identity.subject,
            preferredUsername: identity.preferredUsername ?? null,
            maxAgeSeconds: handOverCodeSeconds,
          });
          if (!added) {
            onProblem({ provider: name, problem: "expired", client });
            return { ...about, problem: "expired" as const };
          }
          await giveBack(charge);
          return { ...about, code };
        });
      } catch (error) {
        return { ...about, problem: failed(name, client, error) };
      }
    },
  };

  function failed(provider: string, client: Client, error: unknown): SignInProblem {
    const problem = problemOf(error);
    onProblem({ provider, problem, client, error: error as Error });
    return problem;
  }
}

function described({ name, label }: IdentityProvider): { provider: string; label: string } {
  return { provider: name, label };
}

/** @throws what is neither a provider's fault nor a refusal: a mistake of ours */
function problemOf(error: unknown): SignInProblem {
  if (error instanceof ProviderError) return error.problem;
  if (!isAuthError(error)) throw error;
  return error.reason === "rate_limited" ? "rate_limited" : "busy";
}
