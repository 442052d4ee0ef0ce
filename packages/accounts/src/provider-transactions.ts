// What a browser keeps while its person is away at a provider: which provider, for which page, and since when. Its secrets are made from the
// id, so that the cookie holds none; whoever changes a letter of it holds nothing.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "@signet/auth/clock";
import { deriveBytes } from "@signet/auth/keys";
import type { ProviderTransaction } from "./oidc/identity-provider.ts";

/** As long as a person may take to sign in there. */
export const providerTransactionSeconds = 10 * 60;

/** 128 random bits. */
const idShape = /^[A-Za-z0-9_-]{22}$/;
const idBytes = 16;
const keyBytes = 32;
/** Provider, challenge, NumericDate, return path in base64url, MAC. */
const valueShape = /^([a-z0-9_]+)\.([A-Za-z0-9_-]{43})\.(\d{1,12})\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]{43})$/;

/** What was asked for. */
export interface AskedFor {
  /** The provider's name. */
  provider: string;
  /** SHA-256 of the page's verifier, in base64url. */
  challenge: string;
  /** Where the person goes afterwards: a path of the pages' origin. */
  returnPath: string;
}

/** What the browser keeps, under a name of its own for each. */
export interface KeptTransaction {
  /** The `state` of the request. */
  id: string;
  value: string;
}

export interface ProviderTransactions {
  begin(asked: AskedFor): { kept: KeptTransaction; secrets: ProviderTransaction };
  /**
   * What was asked for with this `state`: in this browser, here, and not longer ago than ten minutes.
   *
   * Does not check: that it is answered once (its code can be added once).
   *
   * @param kept By id, as the browser presented them; whatever they are.
   */
  open(
    state: string | null,
    kept: ReadonlyMap<string, string>,
  ): { asked: AskedFor; secrets: ProviderTransaction } | undefined;
}

/** @param secrets The first makes transactions, the others are still accepted. */
export function createProviderTransactions(secrets: readonly string[], clock: Clock): ProviderTransactions {
  const keys = secrets.map((secret) =>
    deriveBytes({ secret, label: "signet/1/provider-transaction", length: keyBytes }),
  );
  const [first] = keys;
  if (first === undefined) throw new TypeError("secrets must be a list of at least one.");
  const nowSeconds = () => Math.floor(clock() / 1000);

  return {
    begin({ provider, challenge, returnPath }) {
      const id = randomBytes(idBytes).toString("base64url");
      const head = [provider, challenge, nowSeconds(), Buffer.from(returnPath).toString("base64url")].join(".");
      return { kept: { id, value: `${head}.${macOf(first, `${id}.${head}`)}` }, secrets: secretsOf(first, id) };
    },
    open(state, kept) {
      const value = state !== null && idShape.test(state) ? kept.get(state) : undefined;
      if (state === null || value === undefined) return undefined;
      const [, provider, challenge, begunAt, path, mac] = valueShape.exec(value) ?? [];
      if (provider === undefined || challenge === undefined || path === undefined || mac === undefined)
        return undefined;
      const signed = `${state}.${value.slice(0, -mac.length - 1)}`;
      const key = keys.find((candidate) => isEqual(macOf(candidate, signed), mac));
      if (key === undefined || nowSeconds() - Number(begunAt) >= providerTransactionSeconds) return undefined;
      const returnPath = Buffer.from(path, "base64url").toString();
      return { asked: { provider, challenge, returnPath }, secrets: secretsOf(key, state) };
    },
  };
}

/** The id is fresh for each transaction, so these are; they are not to be known from it without the key. */
function secretsOf(key: Buffer, id: string): ProviderTransaction {
  return { state: id, nonce: macOf(key, `nonce.${id}`), codeVerifier: macOf(key, `code-verifier.${id}`) };
}

function macOf(key: Buffer, text: string): string {
  return createHmac("sha256", key).update(text).digest("base64url");
}

function isEqual(expected: string, found: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(found)];
  return a.length === b.length && timingSafeEqual(a, b);
}
