// The three calls that the client itself makes, over tRPC's wire format, and what each answer may mean. Nothing that comes
// back is believed before its shape was checked: a hotel's sign-in page answers 200 too.

import type { AuthErrorReason } from "@signet/auth/errors";
import { AuthClientError, type AuthClientErrorDetails } from "./auth-client-error.ts";
import type { AuthUser, UnreachableProblem } from "./auth-state.ts";
import type { ClientClock } from "./client-clock.ts";
import type { ServerClock } from "./server-clock.ts";

export interface Credentials {
  username: string;
  password: string;
}

/** The answer of `auth.signUp` and `auth.issueToken`. `expiresIn` in seconds, `expiresAt` NumericDate. */
export interface IssuedToken {
  accessToken: string;
  expiresIn: number;
  expiresAt: number;
  sessionId: string;
}

export type WhoamiAnswer =
  | { kind: "known"; user: AuthUser }
  | { kind: "refused"; reason: AuthErrorReason | undefined }
  | { kind: "unreachable"; problem: UnreachableProblem; retryAfterMs: number | undefined };

export interface AuthApi {
  whoami(token: string): Promise<WhoamiAnswer>;
  /** @throws AuthClientError with the server's reason, or `unreachable`. */
  issueToken(credentials: Credentials): Promise<IssuedToken>;
  /** @throws AuthClientError with the server's reason, or `unreachable`. */
  signUp(credentials: Credentials): Promise<IssuedToken>;
}

export interface AuthApiOptions {
  /** Where tRPC is mounted, without a trailing slash. */
  trpcUrl: string;
  fetch: typeof fetch;
  clock: ClientClock;
  serverClock: ServerClock;
}

const timeoutMs = 10_000;

type Reply =
  | { kind: "json"; status: number; body: unknown; retryAfterMs: number | undefined }
  | { kind: "unreachable"; problem: UnreachableProblem; retryAfterMs: number | undefined };

export function createAuthApi({ trpcUrl, fetch, clock, serverClock }: AuthApiOptions): AuthApi {
  async function call(path: string, init: RequestInit): Promise<Reply> {
    const abort = new AbortController();
    const cancelTimeout = clock.after(timeoutMs, () => abort.abort());
    try {
      const response = await fetch(`${trpcUrl}/${path}`, {
        ...init,
        signal: abort.signal,
        cache: "no-store",
        // Who is calling is said by the bearer alone.
        credentials: "omit",
        // The API does not redirect. Whoever does is somebody else, and gets no token.
        redirect: "error",
      });
      const answer = await read(response);
      // Dates have whole seconds: the middle of the second is the better guess.
      const date = response.headers.get("date");
      if (date !== null && answer.kind === "json") serverClock.observe(Date.parse(date) + 500);
      return answer;
    } catch {
      return { kind: "unreachable", problem: "network", retryAfterMs: undefined };
    } finally {
      cancelTimeout();
    }
  }

  async function enter(path: string, credentials: Credentials): Promise<IssuedToken> {
    const { username, password } = credentials;
    const reply = await call(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      // This client keeps no refresh token, so none is asked for.
      body: JSON.stringify({ username, password, refreshToken: "none" }),
    });
    if (reply.kind === "unreachable") throw unreachableError(reply.retryAfterMs);
    const error = refusalOf(reply);
    if (error !== undefined) throw error;
    const issued = parseIssuedToken(resultOf(reply.body));
    if (issued === undefined) throw unreachableError(reply.retryAfterMs);
    serverClock.observe((issued.expiresAt - issued.expiresIn) * 1000);
    return issued;
  }

  return {
    async whoami(token) {
      const reply = await call("auth.whoami", { headers: { authorization: `Bearer ${token}` } });
      if (reply.kind === "unreachable") return reply;
      if (reply.status === 401) return { kind: "refused", reason: refusalOf(reply)?.reason as AuthErrorReason };
      const user = reply.status === 200 ? parseUser(resultOf(reply.body)) : undefined;
      if (user !== undefined) return { kind: "known", user };
      return { kind: "unreachable", problem: problemOf(reply.status), retryAfterMs: reply.retryAfterMs };
    },
    issueToken: (credentials) => enter("auth.issueToken", credentials),
    signUp: (credentials) => enter("auth.signUp", credentials),
  };
}

async function read(response: Response): Promise<Reply> {
  const retryAfterMs = parseRetryAfter(response.headers.get("retry-after"));
  const { status } = response;
  try {
    if (!response.headers.get("content-type")?.includes("json")) throw new TypeError("not JSON");
    return { kind: "json", status, body: JSON.parse(await response.text()), retryAfterMs };
  } catch {
    return { kind: "unreachable", problem: problemOf(status), retryAfterMs };
  }
}

function problemOf(status: number): UnreachableProblem {
  if (status === 429) return "rate_limited";
  return status >= 500 ? "server_error" : "unreadable_answer";
}

/** Seconds, as our server sends them; the other form of RFC 9110 §10.2.3, a date, would need a clock to trust. */
function parseRetryAfter(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

function unreachableError(retryAfterMs: number | undefined): AuthClientError {
  const details = retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) };
  return new AuthClientError("unreachable", "The server did not answer. Nothing was changed; try again.", details);
}

/** The server's refusal in tRPC's error shape; undefined where the answer is none. */
function refusalOf(reply: { status: number; body: unknown }): AuthClientError | undefined {
  const error = recordOf(recordOf(reply.body)?.["error"]);
  const data = recordOf(error?.["data"]);
  const reason = data?.["reason"];
  if (error === undefined || typeof reason !== "string") return undefined;
  const message = typeof error["message"] === "string" ? error["message"] : "The server refused.";
  const details: AuthClientErrorDetails = {};
  for (const name of ["field", "problem", "errorId"] as const) {
    const value = data?.[name];
    if (typeof value === "string") details[name] = value;
  }
  const retryAfterSeconds = data?.["retryAfterSeconds"];
  if (typeof retryAfterSeconds === "number") details.retryAfterSeconds = retryAfterSeconds;
  // A newer server may know reasons that this client does not: they are passed on as they are.
  return new AuthClientError(reason as AuthErrorReason, message, details);
}

function resultOf(body: unknown): Record<string, unknown> | undefined {
  return recordOf(recordOf(recordOf(body)?.["result"])?.["data"]);
}

function parseUser(data: Record<string, unknown> | undefined): AuthUser | undefined {
  if (data === undefined) return undefined;
  const { subject, username, scope, sessionId, issuedAt, expiresAt } = data;
  if (typeof subject !== "string" || typeof username !== "string" || typeof sessionId !== "string") return undefined;
  if (!isTime(issuedAt) || !isTime(expiresAt)) return undefined;
  if (!Array.isArray(scope) || !scope.every((word) => typeof word === "string")) return undefined;
  return { subject, username, scope, sessionId, issuedAt, expiresAt };
}

function parseIssuedToken(data: Record<string, unknown> | undefined): IssuedToken | undefined {
  if (data === undefined) return undefined;
  const { accessToken, expiresIn, expiresAt, sessionId } = data;
  if (typeof accessToken !== "string" || typeof sessionId !== "string") return undefined;
  if (!isTime(expiresIn) || !isTime(expiresAt)) return undefined;
  return { accessToken, expiresIn, expiresAt, sessionId };
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
