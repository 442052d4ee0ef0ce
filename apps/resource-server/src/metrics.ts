// What an operator's Prometheus reads: who was refused and why, and how fresh the knowledge is by which tokens are judged.
// Labels come from closed lists; nothing of a person is in them.

import type { AuthErrorReason } from "@signet/auth/errors";
import type { RemoteVerifierStatus } from "@signet/auth/remote";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";

export interface Metrics {
  refused(reason: AuthErrorReason): void;
  /** In Prometheus' text format. */
  answer(): Promise<Response>;
}

/** @param status Asked for whenever the metrics are read. */
export function createMetrics(status: () => RemoteVerifierStatus): Metrics {
  // One of its own: tests make several services in one process.
  const registers = [new Registry()];
  const [registry] = registers;
  if (registry === undefined) throw new TypeError("no registry");
  collectDefaultMetrics({ register: registry });

  const refusals = new Counter({
    name: "signet_refusals_total",
    help: "Requests and operations that were refused, by reason.",
    labelNames: ["reason"],
    registers,
  });
  const gauge = (name: string, help: string, read: (now: RemoteVerifierStatus) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(status()));
      },
    });
  gauge("signet_ready", "1 when requests should come.", ({ ready }) => Number(ready));
  gauge("signet_keys_age_seconds", "Since the issuer confirmed its keys.", ({ keysAgeMs }) => keysAgeMs / 1000);
  gauge(
    "signet_revocations_age_seconds",
    "Everything that was ended before that is known. +Inf while it is not known, or not followed.",
    ({ revocationsAgeMs }) => revocationsAgeMs / 1000,
  );
  gauge("signet_revocations", "What is remembered as ended.", ({ revocationEntries }) => revocationEntries);
  gauge(
    "signet_unknown_kids",
    "Tokens since the start that named a key of nobody known.",
    ({ unknownKids }) => unknownKids,
  );
  gauge("signet_issuer_requests", "Requests sent to the issuer since the start.", ({ fetches }) => fetches);

  return {
    refused: (reason) => refusals.inc({ reason }),
    answer: async () =>
      new Response(await registry.metrics(), {
        headers: { "Content-Type": registry.contentType, "Cache-Control": "no-store" },
      }),
  };
}
