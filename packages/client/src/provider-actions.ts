// Signing in with a provider, from this page's side: setting out for it, and what is done with the code that comes back.

import type { AuthApi, IssuedToken } from "./auth-api.ts";
import { AuthClientError } from "./auth-client-error.ts";
import type { AuthUser } from "./auth-state.ts";
import type { BearerCall } from "./bearer-call.ts";
import type { ClientClock } from "./client-clock.ts";
import { type HandOvers, isProviderName, type LinkHandOver, type SignInHandOver } from "./hand-over.ts";
import type { PendingSignUps } from "./pending-sign-up.ts";
import { returnPathFrom } from "./return-path.ts";
import { decodeUnverified } from "./token-shape.ts";
import { createVerifier } from "./verifier.ts";

export interface ProviderWay {
  /** Where the browser comes back to: a path of this origin, judged by `returnPathFrom`. Default `/`. */
  returnTo?: string;
}

export interface ProviderActions {
  signInWith(provider: string, way?: ProviderWay): Promise<void>;
  linkProvider(provider: string, way?: ProviderWay): Promise<void>;
  signUpWithProvider(username: string): Promise<AuthUser>;
  finishLink(): Promise<{ label: string } | null>;
}

export interface ProviderHandOvers extends ProviderActions {
  /**
   * The page has just begun, and this code was in its address; null where none was. A code that this tab did not ask for is
   * forgotten.
   *
   * @returns what a sign-in is to be redeemed with, once.
   */
  arrive(code: string | null): RedeemableCode | null;
}

/** A code that this tab asked for, to sign in. */
export interface RedeemableCode {
  code: string;
  handOver: SignInHandOver;
}

export interface ProviderActionsOptions {
  /** Where the API is, without a trailing slash. */
  apiUrl: string;
  api: AuthApi;
  handOvers: HandOvers;
  pending: PendingSignUps;
  clock: ClientClock;
  navigate: (url: string) => void;
  /** Whatever the address brought is known after this. */
  begin: () => void;
  call: BearerCall;
  enter: (obtain: () => Promise<IssuedToken>) => Promise<AuthUser>;
  /** The sign-up that was pending has come to nothing. */
  onSignUpOver: () => void;
}

export function createProviderActions(options: ProviderActionsOptions): ProviderHandOvers {
  const { api, handOvers, pending, clock, call } = options;
  let link: { code: string; handOver: LinkHandOver } | null = null;
  let linking: Promise<{ label: string } | null> | undefined;
  let signingUp: Promise<AuthUser> | undefined;

  async function setOut(
    provider: string,
    { returnTo }: ProviderWay,
    purpose: { purpose: "sign-in" } | { purpose: "link"; subject: string },
  ): Promise<void> {
    if (!isProviderName(provider)) {
      throw new AuthClientError("input_invalid", "This is no name of a provider.", { field: "provider" });
    }
    const { verifier, challenge } = await createVerifier();
    // From here to the navigation nothing is waited for: of two calls, the one that is kept is the one that goes.
    handOvers.keep({ ...purpose, provider, verifier, begunMs: clock.dateMs() });
    const query = new URLSearchParams({ challenge, return_to: returnPathFrom(returnTo) });
    options.navigate(`${options.apiUrl}/auth/oidc/${provider}/start?${query}`);
  }

  async function signUp(username: string): Promise<AuthUser> {
    options.begin();
    const waiting = pending.current();
    try {
      if (waiting === null) throw new AuthClientError("code_invalid", "No sign-up is waiting for a username any more.");
      const { code, verifier } = waiting;
      return await options.enter(() => api.signUpWithProvider({ code, verifier }, username));
    } catch (error) {
      if (error instanceof AuthClientError && error.reason === "code_invalid") {
        pending.forget();
        options.onSignUpOver();
      }
      throw error;
    }
  }

  async function finishLink(): Promise<{ label: string } | null> {
    const arrived = link;
    link = null;
    if (arrived === null) return null;
    const { code, handOver } = arrived;
    const linked = call(async (token) => {
      if (decodeUnverified(token)?.subject === handOver.subject) {
        return api.linkProvider(token, { code, verifier: handOver.verifier });
      }
      return { kind: "failed", error: new AuthClientError("superseded", "Somebody else asked for it."), retry: false };
    });
    return linked.catch((error: unknown) => {
      if (!(error instanceof AuthClientError) || error.reason !== "unreachable") throw error;
      throw new AuthClientError("unreachable", "The server did not answer: it may be linked, or not.", error.details);
    });
  }

  return {
    signInWith: (provider, way = {}) => setOut(provider, way, { purpose: "sign-in" }),
    async linkProvider(provider, way = {}) {
      // It is sent nowhere: who is here is all that is asked.
      const subject = await call(async (token) => ({
        kind: "done",
        value: decodeUnverified(token)?.subject ?? "",
      }));
      await setOut(provider, way, { purpose: "link", subject });
    },
    signUpWithProvider(username) {
      // Of two that meet, the API would take the second for a theft.
      signingUp ??= signUp(username).finally(() => {
        signingUp = undefined;
      });
      return signingUp;
    },
    finishLink() {
      options.begin();
      linking ??= finishLink().finally(() => {
        linking = undefined;
      });
      return linking;
    },
    arrive(code) {
      const kept = handOvers.read();
      if (kept?.purpose === "sign-up") pending.begin(kept);
      if (code === null || kept === null || kept.purpose === "sign-up") return null;
      // Whatever comes of it, it is not there for a second try.
      if (!handOvers.remove()) return null;
      if (kept.purpose === "sign-in") return { code, handOver: kept };
      link = { code, handOver: kept };
      return null;
    },
  };
}
