// One request to the API and what its answer may mean. Nothing that comes back is believed before its shape was checked:
// a hotel's sign-in page answers 200 too.

import type { AuthErrorReason } from "@signet/auth/errors";
import { AuthClientError, type AuthClientErrorDetails } from "./auth-client-error.ts";
import type { UnreachableProblem } from "./auth-state.ts";
import type { ClientClock } from "./client-clock.ts";
import { recordOf } from "./json.ts";
import type { ServerClock } from "./server-clock.ts";

/** After so long an answer is not waited for any more. */
export const requestTimeoutMs = 10_000;

/** No answer of ours: a network error, a timeout, somebody else's page, or a server in trouble. */
export interface Unreachable {
  kind: "unreachable";
  problem: UnreachableProblem;
  retryAfterMs: number | undefined;
}

/** An answer in JSON, or one without content. */
export interface Answer {
  kind: "answer";
  status: number;
  body: unknown;
  retryAfterMs: number | undefined;
}

export interface CallOptions extends Pick<RequestInit, "method" | "body" | "keepalive"> {
  headers?: Record<string, string>;
  /** Default `omit`: who is calling is said by the bearer alone. */
  credentials?: RequestCredentials;
  /** Gives up at once: the answer is not wanted any more. */
  signal?: AbortSignal;
  /** Default `requestTimeoutMs`. */
  timeoutMs?: number;
}

/** Never throws, and always ends. */
export type ApiCall = (url: string, options: CallOptions) => Promise<Answer | Unreachable>;

export interface ApiCallOptions {
  fetch: typeof fetch;
  clock: ClientClock;
  serverClock: ServerClock;
}

export function createApiCall({ fetch, clock, serverClock }: ApiCallOptions): ApiCall {
  return async (url, { signal, credentials = "omit", timeoutMs = requestTimeoutMs, ...init }) => {
    const abort = new AbortController();
    const giveUp = () => abort.abort();
    const cancelTimeout = clock.after(timeoutMs, giveUp);
    signal?.addEventListener("abort", giveUp);
    if (signal?.aborted === true) giveUp();
    try {
      return await Promise.race([exchange(), aborted(abort.signal)]);
    } catch {
      return { kind: "unreachable", problem: "network", retryAfterMs: undefined };
    } finally {
      cancelTimeout();
      signal?.removeEventListener("abort", giveUp);
    }

    async function exchange(): Promise<Answer | Unreachable> {
      const response = await fetch(url, {
        ...init,
        signal: abort.signal,
        cache: "no-store",
        credentials,
        // The API does not redirect. Whoever does is somebody else, and gets no token.
        redirect: "error",
      });
      const answer = await read(response);
      // Dates have whole seconds: the middle of the second is the better guess.
      const date = response.headers.get("date");
      if (date !== null && answer.kind === "answer") serverClock.observe(Date.parse(date) + 500);
      return answer;
    }
  };
}

/** A `fetch` that does not listen to its signal must not hang the client. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => reject(new DOMException("No answer is waited for any more.", "AbortError"));
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
  });
}

async function read(response: Response): Promise<Answer | Unreachable> {
  const retryAfterMs = parseRetryAfter(response.headers.get("retry-after"));
  const { status } = response;
  if (status === 204) return { kind: "answer", status, body: undefined, retryAfterMs };
  try {
    if (!response.headers.get("content-type")?.includes("json")) throw new TypeError("not JSON");
    return { kind: "answer", status, body: JSON.parse(await response.text()), retryAfterMs };
  } catch {
    return unreachable({ status, retryAfterMs });
  }
}

/** Seconds, as our server sends them; the other form of RFC 9110 §10.2.3, a date, would need a clock to trust. */
function parseRetryAfter(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/** An answer that says nothing about what was asked. */
export function unreachable({ status, retryAfterMs }: Pick<Answer, "status" | "retryAfterMs">): Unreachable {
  return { kind: "unreachable", problem: problemOf(status), retryAfterMs };
}

function problemOf(status: number): UnreachableProblem {
  if (status === 429) return "rate_limited";
  return status >= 500 ? "server_error" : "unreadable_answer";
}

export function unreachableError({ retryAfterMs }: Pick<Unreachable, "retryAfterMs">): AuthClientError {
  const details = retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) };
  return new AuthClientError("unreachable", "The server did not answer. Nothing was changed; try again.", details);
}

/** A refusal in tRPC's error shape. `retry`: the token was refused before anything ran, and another one could help. */
export interface Refusal {
  error: AuthClientError;
  retry: boolean;
}

/** Undefined where the answer is no refusal of ours. */
export function refusalOf({ body }: Answer): Refusal | undefined {
  const error = recordOf(recordOf(body)?.["error"]);
  const data = recordOf(error?.["data"]);
  const reason = data?.["reason"];
  if (error === undefined || typeof reason !== "string") return undefined;
  const message = typeof error["message"] === "string" ? error["message"] : "The server refused.";
  const details: AuthClientErrorDetails = {};
  for (const name of ["field", "problem", "suggestion", "errorId"] as const) {
    const value = data?.[name];
    if (typeof value === "string") details[name] = value;
  }
  const retryAfterSeconds = data?.["retryAfterSeconds"];
  if (typeof retryAfterSeconds === "number") details.retryAfterSeconds = retryAfterSeconds;
  // A newer server may know reasons that this client does not: they are passed on as they are.
  const known = new AuthClientError(reason as AuthErrorReason, message, details);
  return { error: known, retry: data?.["retry"] === true };
}
