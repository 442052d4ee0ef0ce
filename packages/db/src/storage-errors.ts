// What can go wrong between us and the database, told apart: not reachable or too slow (503, try again), a lost race that
// is worth another try at once, and our own mistakes, which pass through.

import { setTimeout as sleep } from "node:timers/promises";
import { AuthError } from "@signet/auth/errors";

const attempts = 4;
const firstPauseMs = 10;
const retryAfterSeconds = 1;

/** Serialization failure and deadlock: the database undid one of several, which may simply come again. */
const lostRaceStates = new Set(["40001", "40P01"]);
/** Bad data, a broken constraint, bad SQL: our mistake, and the same at every further try. */
const ourMistake = /^(?:0A|21|22|23|42)/;
/** A table that is not there: the migrations have not run yet. */
const undefinedTable = "42P01";
/** Prisma's words for: cannot be reached, refused us, timed out, closed, no connection free, transaction lost. */
const unavailablePrismaCodes = new Set([
  "P1000",
  "P1001",
  "P1002",
  "P1003",
  "P1008",
  "P1010",
  "P1011",
  "P1017",
  "P2024",
  "P2028",
  "P2037",
]);
/** The same, in the words of its adapter, where a raw statement failed before there was a SQLSTATE. */
const unavailableKinds = new Set(["DatabaseNotReachable", "ConnectionClosed", "SocketTimeout", "TlsConnectionError"]);
/** Errors of `pg` that have no code. */
const unavailableMessages =
  /timeout|terminated|connection error|not queryable|after calling end|too many connections|server closed|does not support SSL/i;
/** Codes of Node.js for a certificate that is not the right one: of another name, of another authority, out of date. */
const wrongCertificate = /^(?:ERR_TLS_CERT_|ERR_SSL_|CERT_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_|UNABLE_TO_)/;

/**
 * Runs a storage operation. What lost a race runs again, a few times, after a short random pause.
 *
 * @throws AuthError `storage_unavailable` with its cause when the database cannot be reached or does not answer in time
 */
export async function withStorageErrors<Result>(operation: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (isLostRace(error) && attempt < attempts) {
        await sleep(Math.random() * firstPauseMs * 2 ** attempt);
        continue;
      }
      throw isLostRace(error) || isUnavailable(error) ? storageUnavailable(error) : error;
    }
  }
}

export function storageUnavailable(cause: unknown): AuthError {
  return new AuthError(
    "storage_unavailable",
    "The database cannot be reached at this moment. Please try again shortly.",
    {
      cause,
      retryAfterSeconds,
    },
  );
}

/** Whether a statement failed because somebody else has just written what may be there once. */
export function isUniqueViolation(error: unknown): boolean {
  const { sqlState, prismaCode, kind } = detailsOf(error);
  return sqlState === "23505" || prismaCode === "P2002" || kind === "UniqueConstraintViolation";
}

function isLostRace(error: unknown): boolean {
  const { sqlState, prismaCode } = detailsOf(error);
  return prismaCode === "P2034" || (sqlState !== undefined && lostRaceStates.has(sqlState));
}

export function isUnavailable(error: unknown): boolean {
  const { sqlState, prismaCode, kind, systemCode, message } = detailsOf(error);
  if (sqlState !== undefined) return sqlState === undefinedTable || !ourMistake.test(sqlState);
  if (prismaCode !== undefined && unavailablePrismaCodes.has(prismaCode)) return true;
  if (kind !== undefined && unavailableKinds.has(kind)) return true;
  return systemCode !== undefined || unavailableMessages.test(message);
}

interface Details {
  sqlState?: string;
  prismaCode?: string;
  kind?: string;
  systemCode?: string;
  message: string;
}

/** Prisma wraps what the driver said; the SQLSTATE says most, wherever in there it stands. */
function detailsOf(error: unknown): Details {
  const details: Details = { message: error instanceof Error ? error.message : "" };
  for (const { code, originalCode, kind } of layersOf(error)) {
    for (const word of [originalCode, code]) {
      if (typeof word !== "string") continue;
      if (/^P\d{4}$/.test(word)) details.prismaCode ??= word;
      else if (/^[0-9A-Z]{5}$/.test(word) && /\d/.test(word)) details.sqlState ??= word;
      else if (wrongCertificate.test(word)) details.kind ??= "TlsConnectionError";
      // A system call failed; `ERR_…` is a mistake in a program.
      else if (/^E(?!RR_)[A-Z_]+$/.test(word)) details.systemCode ??= word;
    }
    if (typeof kind === "string") details.kind ??= kind;
  }
  return details;
}

const deepest = 5;

function layersOf(value: unknown, depth = 0): Record<string, unknown>[] {
  if (typeof value !== "object" || value === null || depth > deepest) return [];
  const layer = value as Record<string, unknown>;
  const inner = [layer["driverAdapterError"], layer["cause"], layer["meta"]];
  return [layer, ...inner.flatMap((next) => layersOf(next, depth + 1))];
}
