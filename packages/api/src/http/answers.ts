// Answers of the plain HTTP endpoints: JSON, never stored by anybody on the way unless the endpoint says so.

import type { AuthErrorReason } from "@signet/auth/errors";
import { bearerChallenge, httpRefusals } from "@signet/auth/refusal";
import { type Refusal, refusalOf } from "../auth-errors.ts";

const commonHeaders = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
} as const;

export function json(body: unknown, init: { status?: number; headers?: Record<string, string> } = {}): Response {
  return Response.json(body, { status: init.status ?? 200, headers: { ...commonHeaders, ...init.headers } });
}

/**
 * A refusal over plain HTTP: `{"error","reason","detail"}`, status and `WWW-Authenticate` by the table.
 *
 * @param error Whatever was thrown.
 * @param headers Replace those of the table, for endpoints with another challenge.
 */
export function refused(error: unknown, headers: Record<string, string> = {}): Response {
  const refusal = refusalOf(error);
  const { status, error: code } = httpRefusals[refusal.reason];
  const { reason, detail, ...more } = refusal;
  const answer = json(
    { error: code, reason, detail, ...more },
    { status, headers: { ...refusalHeaders(refusal), ...headers } },
  );
  reasons.set(answer, reason);
  return answer;
}

const reasons = new WeakMap<Response, AuthErrorReason>();

/** Why an answer is a refusal, where `refused` made it: for counting, without reading its body. */
export function reasonOf(answer: Response): AuthErrorReason | undefined {
  return reasons.get(answer);
}

/** `WWW-Authenticate` and `Retry-After`, where the refusal has them. */
export function refusalHeaders(refusal: Refusal): Record<string, string> {
  const challenge = bearerChallenge(refusal.reason);
  return {
    ...(challenge === undefined ? {} : { "WWW-Authenticate": challenge }),
    ...(refusal.retryAfterSeconds === undefined ? {} : { "Retry-After": String(Math.ceil(refusal.retryAfterSeconds)) }),
  };
}
