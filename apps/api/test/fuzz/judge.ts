// What every answer must be, whatever was asked.

import { httpRefusals } from "@signet/auth/refusal";
import type { Answer } from "./answers.ts";
import { secretCanary } from "./awkward-texts.ts";
import type { FuzzRequest } from "./messages.ts";
import { nameCanary } from "./scene.ts";

const statuses = new Set([200, 204, 207, 303, 304, 400, 401, 403, 404, 405, 409, 413, 415, 417, 429, 431, 503]);
/** Words of the inside: stacks, SQL, the database's client, paths. */
const inside =
  /\n\s+at |node_modules|\bdist\/|\.[jt]s:\d|prisma|\bP[12]0\d\d\b|postgres|\bpg_|\b(?:SELECT|INSERT|UPDATE) .*(?:FROM|INTO|SET)|(?:Type|Syntax|Range|Reference)Error|Unexpected token|in JSON at|ECONN|ENOENT|\/(?:home|root|tmp|usr)\//;
/** Members of answers that are no refusals, over plain HTTP. */
const plainAnswers = ["access_token", "claims", "keys", "issuer", "active", "epoch", "ok", "ready"];

/** What is wrong with an answer, or nothing. */
export function complaintOf(request: FuzzRequest, answer: Answer, hasPages = false): string | undefined {
  const { status, headers, body } = answer;
  const type = headers.get("content-type")?.[0] ?? "";
  // Paths that are spelled oddly lead to the pages' own.
  if (hasPages && isPage(request, answer)) return complaintOfPage(answer);
  if (!statuses.has(status)) return `the status ${status}`;
  const isTooLarge = status === 431 && headBytesOf(request) > mostHeadBytes;
  // One person asks here more often in a minute than anybody may.
  const isTooOften = status === 429 && accountCall.test(targetOf(request));
  if (request.status !== undefined && status !== request.status && !isTooLarge && !isTooOften)
    return `${status} in place of ${request.status}`;
  if (request.end === "closes" && status < 400) return `${status} for what is no request`;
  if (inside.test(body)) return "words of the inside";
  if (body.includes(secretCanary)) return "what was sent comes back";
  if (!request.mayKnow && (body.includes(nameCanary) || /"(?:claims|subject|active":true)/.test(body)))
    return "tells who somebody is";
  if (headers.has("x-powered-by")) return "says what it is made with";
  // Node refuses by itself what is no HTTP, is too large, or expects what there is not.
  if (body === "" && [400, 417, 431].includes(status) && request.end !== "stays") return undefined;
  if (headers.get("x-content-type-options")?.[0] !== "nosniff") return "no nosniff";
  if (status === 303) return complaintOfRedirect(request, answer);
  // Over tRPC a refresh token that is over is 401 too, and no header would be a better one.
  const isRefresh = body.includes('"refresh_token_invalid"');
  if (status === 401 && !isRefresh && !headers.has("www-authenticate")) return "401 without a challenge";
  if ((status === 503 || status === 429) && !headers.has("retry-after")) return `${status} without Retry-After`;
  if (body === "")
    return request.isHead || status === 204 || status === 304 || status === 200
      ? undefined
      : `${status} without a body`;
  if (type.startsWith("text/plain") && status === 200 && body.startsWith("# HELP")) return undefined;
  if (!/^application\/(?:json|jwk-set\+json)$/.test(type)) return `the type ${type}`;
  return isStream(headers) ? undefined : complaintOfJson(status, body);
}

/** Only a sign-in with a provider redirects, and never but to our own pages: the provider is not there. */
function complaintOfRedirect(request: FuzzRequest, { headers }: Answer): string | undefined {
  const [location = ""] = headers.get("location") ?? [];
  if (!targetOf(request).includes("/auth/oidc/")) return "a redirect";
  if (!URL.canParse(location) || new URL(location).hostname !== "localhost") return `a redirect to ${location}`;
  return new URL(location).searchParams.has("token") ? "a hand-over code" : undefined;
}

/** What asks the database for somebody, and has a budget. */
const accountCall = /^\/api\/trpc\/auth\.(?:list|end|link|unlink|set|change|signOutOthers)/;

/** The address as it was sent, which may be in pieces. */
function targetOf({ parts }: FuzzRequest): string {
  return Buffer.concat(parts).toString("latin1", 0, 200).split(" ")[1] ?? "";
}

/** Node's parser counts a little differently: what is within this is never too large. */
const mostHeadBytes = 16 * 1024 - 256;

function headBytesOf({ parts }: FuzzRequest): number {
  const bytes = Buffer.concat(parts);
  const end = bytes.indexOf("\r\n\r\n");
  return end < 0 ? bytes.length : end;
}

/** What Next answers, for addresses that are not the API's. */
function isPage(request: FuzzRequest, { headers }: Answer): boolean {
  const type = headers.get("content-type")?.[0] ?? "";
  return !/^\/(?:api|auth|\.well-known)\//.test(targetOf(request)) && !type.startsWith("application/");
}

function complaintOfPage({ status, headers, body }: Answer): string | undefined {
  if (status >= 500) return `the page ${status}`;
  if (/\n\s+at |node_modules|(?:Type|Range)Error:/.test(body)) return "words of the inside, in a page";
  if (body.includes(secretCanary) || body.includes(nameCanary)) return "a page with what is secret";
  return headers.has("x-powered-by") ? "says what it is made with" : undefined;
}

/** Streamed calls are answered line by line. */
function isStream(headers: Answer["headers"]): boolean {
  return (
    headers.get("vary")?.some((value) => value.includes("trpc-accept")) === true && headers.has("transfer-encoding")
  );
}

function complaintOfJson(status: number, body: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return "the body is not JSON";
  }
  if (!Array.isArray(parsed)) return complaintOfMember(status, parsed);
  for (const member of parsed) {
    const complaint = complaintOfMember(undefined, member);
    if (complaint !== undefined) return complaint;
  }
  return parsed.length === 0 ? "an empty batch" : undefined;
}

/** @param status Undefined for one of several. */
function complaintOfMember(status: number | undefined, value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "the body is no object";
  if ("result" in value) return undefined;
  if (!("error" in value)) return plainAnswers.some((name) => name in value) ? undefined : "a body of unknown shape";
  const { error } = value;
  const isTrpc = typeof error === "object" && error !== null;
  const data = isTrpc && "data" in error ? error.data : value;
  const reason = typeof data === "object" && data !== null && "reason" in data ? String(data.reason) : "";
  const known = Object.entries(httpRefusals).find(([name]) => name === reason)?.[1];
  if (known === undefined) return `the reason ${reason}`;
  if (known.status >= 500 && reason !== "busy") return `the reason ${reason}`;
  if (status === undefined) return undefined;
  // Over tRPC an ended refresh token is 401; two Authorization lines are the request's fault.
  const exceptions: Record<string, number> = isTrpc ? { refresh_token_invalid: 401 } : { token_malformed: 400 };
  return status === known.status || status === exceptions[reason] ? undefined : `${status} for ${reason}`;
}
