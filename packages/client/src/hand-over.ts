// Signing in with a provider leaves this page and comes back to it with a code. The code is of no use by itself: what this
// tab kept meanwhile, a verifier, goes with it, so that a code works only where it was asked for. What is kept is read back
// with the same suspicion as anything else that others may have written.

import { AuthClientError } from "./auth-client-error.ts";
import type { ClientClock } from "./client-clock.ts";
import type { WebStorage } from "./client-storage.ts";
import { parseRecord } from "./json.ts";

export const handOverKey = "signet.hand_over";

/** As long as a person may need at the provider; and then again for choosing a name. */
export const handOverGoodMs = 10 * 60_000;

const code = /^[A-Za-z0-9_-]{43}$/;
const providerName = /^[A-Za-z0-9_-]{1,64}$/;
const longestSuggestion = 64;

interface Begun {
  /** As the API names it. */
  provider: string;
  /** RFC 7636 §4.1: 32 random bytes in base64url. The API has seen their hash. */
  verifier: string;
  /** Milliseconds since the Unix epoch, as this device believes them. */
  begunMs: number;
}

export interface SignInHandOver extends Begun {
  purpose: "sign-in";
}

export interface LinkHandOver extends Begun {
  purpose: "link";
  /** Who asked for it: nobody else gets the link. */
  subject: string;
}

/** The identity has no account yet: the same code and verifier go with the name that is chosen. */
export interface SignUpHandOver extends Begun {
  purpose: "sign-up";
  code: string;
  suggestion: string | null;
}

export type HandOver = SignInHandOver | LinkHandOver | SignUpHandOver;

export interface HandOvers {
  /**
   * Keeps this one, and no other, for this tab.
   *
   * @throws AuthClientError `unsupported` where the browser does not keep it.
   */
  keep(handOver: HandOver): void;
  /** What is kept and still good. */
  read(): HandOver | null;
  /** @returns false where it is still there. */
  remove(): boolean;
  isGood(handOver: HandOver): boolean;
}

/** @param open Gives the tab's storage; may throw, as `window.sessionStorage` does where a person has forbidden it. */
export function createHandOvers(open: () => WebStorage | undefined, clock: Pick<ClientClock, "dateMs">): HandOvers {
  function isGood({ begunMs }: HandOver): boolean {
    const agoMs = clock.dateMs() - begunMs;
    return agoMs >= 0 && agoMs <= handOverGoodMs;
  }

  function remove(): boolean {
    const storage = attempt(open);
    return (
      attempt(() => {
        storage?.removeItem(handOverKey);
        return storage?.getItem(handOverKey) ?? null;
      }) === null
    );
  }

  return {
    isGood,
    remove,
    keep(handOver) {
      const text = JSON.stringify(handOver);
      const storage = attempt(open);
      // A storage may drop what it is given without a word.
      const kept = attempt(() => {
        storage?.setItem(handOverKey, text);
        return storage?.getItem(handOverKey);
      });
      if (kept === text) return;
      throw new AuthClientError(
        "unsupported",
        "This browser keeps nothing for this tab (sessionStorage), and a sign-in with a provider needs that. Allow it for this site.",
        { problem: "no_tab_storage" },
      );
    },
    read() {
      const text = attempt(() => open()?.getItem(handOverKey));
      if (typeof text !== "string") return null;
      const handOver = parseHandOver(text);
      if (handOver !== null && isGood(handOver)) return handOver;
      remove();
      return null;
    },
  };
}

/** Null for what is no hand-over code. Whether it is a good one, the API alone can tell. */
export function handOverCodeFrom(text: string | null): string | null {
  return text !== null && code.test(text) ? text : null;
}

/** The name goes into an address. */
export function isProviderName(value: unknown): value is string {
  return typeof value === "string" && providerName.test(value);
}

/** Null for anything that was not kept by `keep`. Whether it is still good is not checked here. */
export function parseHandOver(text: string): HandOver | null {
  const { purpose, provider, verifier, begunMs, subject, code: itsCode, suggestion } = parseRecord(text) ?? {};
  if (!isProviderName(provider) || typeof verifier !== "string" || !code.test(verifier)) return null;
  if (typeof begunMs !== "number" || !Number.isSafeInteger(begunMs)) return null;
  const begun = { provider, verifier, begunMs };
  switch (purpose) {
    case "sign-in":
      return { purpose, ...begun };
    case "link":
      return typeof subject === "string" && subject !== "" ? { purpose, ...begun, subject } : null;
    case "sign-up":
      if (typeof itsCode !== "string" || !code.test(itsCode)) return null;
      return { purpose, ...begun, code: itsCode, suggestion: suggestionFrom(suggestion) };
    default:
      return null;
  }
}

/** It is put into a field for the person to judge, and the API judges it again. */
export function suggestionFrom(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value.length <= longestSuggestion ? value : null;
}

function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
