// What went wrong with a provider, as one ProviderError. What libraries hang on their errors (the query of the callback, the token
// answer, an ID token) stays behind here, so that no log can have it.

import { AuthorizationResponseError, ClientError, ResponseBodyError } from "openid-client";
import { ProviderError, type ProviderProblem } from "./identity-provider.ts";

/** Errors that a provider has itself (RFC 6749 §4.1.2.1). */
const ownErrors = new Set(["server_error", "temporarily_unavailable"]);
/** What a log may say of an error of the protocol. */
const errorCode = /^[a-z_]{1,50}$/;
const mostCauses = 3;

/** Turns whatever a step threw into a ProviderError. That nothing came was said by `provider-fetch.ts`; all else does not hold. */
export function providerErrorOf(error: unknown): ProviderError {
  const own = findProviderError(error);
  if (own !== undefined) return own;
  if (error instanceof AuthorizationResponseError) return errorAnswer(error.error);
  const cause = withoutContents(error);
  if (error instanceof ResponseBodyError) {
    return new ProviderError(problemOf(error.error), `The provider refused the exchange: ${shown(error.error)}.`, {
      cause,
    });
  }
  return new ProviderError("refused", "What the provider answered does not hold.", { cause });
}

/** The answer that the browser brought back is an error (RFC 6749 §4.1.2.1). */
function errorAnswer(code: string): ProviderError {
  if (code === "access_denied") return new ProviderError("cancelled", "The person did not agree.");
  return new ProviderError(problemOf(code), `The provider answered with an error: ${shown(code)}.`);
}

function problemOf(code: string): ProviderProblem {
  return ownErrors.has(code) ? "unavailable" : "refused";
}

export function shown(code: string): string {
  return errorCode.test(code) ? code : "one of no usual form";
}

/** One of ours, which the library may have wrapped. */
function findProviderError(error: unknown): ProviderError | undefined {
  let at = error;
  for (let depth = 0; depth <= mostCauses && at instanceof Error; depth += 1) {
    if (at instanceof ProviderError) return at;
    at = at.cause;
  }
  return undefined;
}

/**
 * Names, codes and those messages that are fixed sentences. Others may quote what they failed on, as JSON.parse does with the beginning of
 * its text, and `fetch` with a header.
 */
export function withoutContents(error: unknown, depth = 0): Error | undefined {
  if (!(error instanceof Error) || depth > mostCauses) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const isFixed = error instanceof ClientError || error.name === "OperationProcessingError";
  const cause = withoutContents(error.cause, depth + 1);
  const message = isFixed ? error.message : (code ?? "Its message may quote what was sent, and is left out.");
  const copy = new Error(message, cause && { cause });
  copy.name = error.name;
  return code === undefined ? copy : Object.assign(copy, { code });
}
