// GET /metrics: for a Prometheus on this machine, or one that has the credentials of a client.

import { AuthError } from "@signet/auth/errors";
import type { ApiServices, Peer } from "../context.ts";
import type { Metrics } from "../metrics.ts";
import type { ServiceClients } from "../service-clients.ts";
import { refused } from "./answers.ts";
import { forClients } from "./client-calls.ts";

/** Nobody else learns that there is anything: without credentials it is an address like any that does not exist. */
export async function metricsFor(
  { metrics, services, clients }: { metrics: Metrics; services: ApiServices; clients: ServiceClients },
  request: Request,
  peer: Peer,
): Promise<Response> {
  const answer = async () =>
    new Response(await metrics.text(services), {
      headers: {
        "Content-Type": metrics.contentType,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
      },
    });
  if (peer.local === true) return answer();
  if (!request.headers.has("authorization")) {
    return refused(new AuthError("not_found", "There is nothing at this address."));
  }
  return forClients(clients, answer)(request);
}
