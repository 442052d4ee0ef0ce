// Endpoints for other services: who calls is settled before anything else is looked at.

import { isAuthError } from "@signet/auth/errors";
import type { ServiceClients } from "../service-clients.ts";
import { json } from "./answers.ts";
import { basicChallenge } from "./basic-credentials.ts";

export type ClientHandler = (request: Request, client: string) => Response | Promise<Response>;

/**
 * Wraps a handler so that it runs only for a client with the right credentials. Anybody else gets 401 `invalid_client`, and
 * where no client is configured that is everybody.
 *
 * @see RFC 6749 §5.2
 */
export function forClients(clients: ServiceClients, handler: ClientHandler): (request: Request) => Promise<Response> {
  return async (request) => {
    let client: string;
    try {
      client = clients.authenticate(request);
    } catch (error) {
      if (isAuthError(error) && error.reason === "credentials_invalid") return clientRefused(error.message);
      throw error;
    }
    return handler(request, client);
  };
}

function clientRefused(detail: string): Response {
  return json(
    { error: "invalid_client", reason: "credentials_invalid", detail },
    { status: 401, headers: { "WWW-Authenticate": basicChallenge } },
  );
}
