// What happens here, in numbers, for Prometheus. Labels are words of ours from short lists: never a name, an address or an id of anybody.

import type { SessionIncident, SignInProblem } from "@signet/accounts";
import type { AuthErrorReason } from "@signet/auth/errors";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { lostLogLines } from "./log-output.ts";
import type { RevocationNews } from "./session-watch.ts";

/** What is looked at when somebody asks. */
export interface Measured {
  revocations?: RevocationNews;
  /** Of the database: how many connections are open, how many of them rest, how many statements wait for one. */
  connections?(): { open: number; idle: number; waiting: number };
  /** Of the signing keys: what each is there for, such as "active", and since when. */
  keyAges?(): readonly { kid: string; state: string; ageSeconds: number }[];
}

/** What people do with sessions, one word each. */
export type SessionEvent =
  | "sign_up"
  | "sign_in"
  | "redeem"
  | "sign_up_with_provider"
  | "change_password"
  | "refresh"
  | "sign_out"
  | "end_session"
  | "end_others"
  | "end_all"
  | "revoke_token";

export interface Metrics {
  /** @param result "ok", or why it was refused. */
  countEvent(event: SessionEvent, result: "ok" | AuthErrorReason): void;
  countEnded(event: SessionEvent, ended: number): void;
  /** An answer, or one operation of a batch, that was a refusal. */
  countRefusal(reason: AuthErrorReason): void;
  countIncident(incident: Pick<SessionIncident, "kind">): void;
  countClientFailure(): void;
  /** A sign-in with a provider that came to nothing. */
  countProviderProblem(provider: string, problem: SignInProblem): void;
  /** Whether a bearer token that was shown was one that this process had verified before. On the path of every request. */
  countLookup(remembered: boolean): void;
  /** Events that there was no room for, or no time. */
  countAuditDropped(count: number): void;
  /** All of it as Prometheus reads it. */
  text(measured: Measured): Promise<string>;
  readonly contentType: string;
}

/** Makes an empty set; each process has one. What the process itself does is measured from the first time somebody asks. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const events = new Counter({
    name: "signet_session_events_total",
    help: "Sign-ups, sign-ins, changes of passwords and refreshes, by result.",
    labelNames: ["event", "result"],
    registers,
  });
  const ended = new Counter({
    name: "signet_sessions_ended_total",
    help: "Sessions and single tokens that were ended before their time, by what ended them.",
    labelNames: ["event"],
    registers,
  });
  const refusals = new Counter({
    name: "signet_refusals_total",
    help: "Refused requests and operations, by reason.",
    labelNames: ["reason"],
    registers,
  });
  const incidents = new Counter({
    name: "signet_refresh_token_incidents_total",
    help: "Refresh tokens that were used again: reuse is a theft noticed, repeated_elsewhere a repetition from another address.",
    labelNames: ["kind"],
    registers,
  });
  const clientFailures = new Counter({
    name: "signet_client_failures_total",
    help: "Requests of other services whose client credentials were refused.",
    registers,
  });
  const providerProblems = new Counter({
    name: "signet_provider_problems_total",
    help: "Sign-ins with a provider that came to nothing, by what it was: unavailable and refused are the provider's.",
    labelNames: ["provider", "problem"],
    registers,
  });
  const lookups = new Counter({
    name: "signet_verified_token_lookups_total",
    help: "Access tokens that were looked up among those verified before: hit means that no signature was computed.",
    labelNames: ["result"],
    registers,
  });
  const auditDropped = new Counter({
    name: "signet_audit_events_dropped_total",
    help: "Events that did not reach the audit log, because the database was gone for too long.",
    registers,
  });
  const logLinesLost = new Counter({
    name: "signet_log_lines_lost_total",
    help: "Log lines that nobody took: what reads standard output was slow, had gone, or had no room.",
    registers,
  });
  const revocationsAge = new Gauge({
    name: "signet_revocations_age_seconds",
    help: "How old this process's knowledge of revocations is; +Inf before there is any.",
    registers,
  });
  const revocationsSize = new Gauge({
    name: "signet_revocations_entries",
    help: "Revocations in memory.",
    registers,
  });
  const connections = new Gauge({
    name: "signet_database_connections",
    help: "Connections to the database, and statements that wait for one.",
    labelNames: ["state"],
    registers,
  });
  const keyAges = new Gauge({
    name: "signet_key_age_seconds",
    help: "Age of each signing key, by what it is there for.",
    labelNames: ["kid", "state"],
    registers,
  });
  // There from the start, so that the first one is seen as a rise.
  for (const kind of ["reuse", "repeated_elsewhere"] as const) incidents.inc({ kind }, 0);
  let measuresProcess = false;
  // Plain numbers, since adding to a counter with a label costs more than finding the token.
  let hits = 0;
  let misses = 0;

  return {
    countEvent: (event, result) => events.inc({ event, result }),
    countEnded: (event, count) => ended.inc({ event }, count),
    countRefusal: (reason) => refusals.inc({ reason }),
    countIncident: ({ kind }) => incidents.inc({ kind }),
    countClientFailure: () => clientFailures.inc(),
    countProviderProblem: (provider, problem) => providerProblems.inc({ provider, problem }),
    countLookup(remembered) {
      if (remembered) hits++;
      else misses++;
    },
    countAuditDropped: (count) => auditDropped.inc(count),
    async text(measured) {
      if (!measuresProcess) collectDefaultMetrics({ register: registry });
      measuresProcess = true;
      lookups.reset();
      lookups.inc({ result: "hit" }, hits);
      lookups.inc({ result: "miss" }, misses);
      logLinesLost.reset();
      logLinesLost.inc(lostLogLines());
      const { ageMs, size } = readRevocations(measured.revocations);
      if (ageMs !== undefined) revocationsAge.set(ageMs / 1000);
      if (size !== undefined) revocationsSize.set(size);
      for (const [state, count] of Object.entries(measured.connections?.() ?? {})) connections.set({ state }, count);
      keyAges.reset();
      for (const { kid, state, ageSeconds } of measured.keyAges?.() ?? []) keyAges.set({ kid, state }, ageSeconds);
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

function readRevocations(news: RevocationNews | undefined): { ageMs?: number | undefined; size?: number | undefined } {
  return { ageMs: news?.ageMs?.(), size: news?.size };
}
