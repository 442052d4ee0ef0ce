// Other services that may ask: whose tokens are good, what was ended. Each has an id and a secret of the operator's making.

import { createHash, timingSafeEqual } from "node:crypto";
import { AuthError } from "@signet/auth/errors";
import type { Logger } from "pino";
import { parseBasicCredentials } from "./http/basic-credentials.ts";

export interface ServiceClient {
  id: string;
  /** At least 32 bytes. */
  secret: string;
}

export interface ServiceClients {
  /**
   * Says which client sends a request, by its Basic credentials.
   *
   * @returns its id
   * @throws AuthError `credentials_invalid`
   * @see RFC 6749 §2.3.1, RFC 7617 §2
   */
  authenticate(request: Request): string;
}

/** A client that is set up wrongly asks again and again. */
const logEveryMs = 60_000;

export interface ServiceClientsOptions {
  clients: readonly ServiceClient[];
  log: Logger;
  /** Called at each failure, also where it is not logged. @param client Of ours, or "unknown"; undefined where it is not logged. */
  onFailure?: (client: string | undefined) => void;
  /** Milliseconds that no change of the clock moves. */
  monotonicMs?: () => number;
}

export function createServiceClients(options: ServiceClientsOptions): ServiceClients {
  const { clients, log, onFailure = () => {}, monotonicMs = () => performance.now() } = options;
  const known = clients.map(({ id, secret }) => ({ id, idHash: sha256(id), secretHash: sha256(secret) }));
  const loggedAtMs = new Map<string, number>();

  /** Compares with each, whole, whether or not one before it has fitted: how long that takes tells nothing. */
  function find({ username, password }: { username: string; password: string }): string | undefined {
    const idHash = sha256(username);
    const secretHash = sha256(password);
    let found: string | undefined;
    for (const client of known) {
      const sameId = timingSafeEqual(client.idHash, idHash);
      const sameSecret = timingSafeEqual(client.secretHash, secretHash);
      if (sameId && sameSecret) found = client.id;
    }
    return found;
  }

  /** At most once a minute for each. Names only ids of ours: what a stranger sends as an id may be anything, a secret in the wrong field too. */
  function logFailure(username: string | undefined): string | undefined {
    const client = known.find(({ id }) => id === username)?.id ?? "unknown";
    const now = monotonicMs();
    if (now - (loggedAtMs.get(client) ?? Number.NEGATIVE_INFINITY) < logEveryMs) return undefined;
    loggedAtMs.set(client, now);
    log.warn({ event: "client_sign_in", result: "credentials_invalid", client }, "A service could not sign in.");
    return client;
  }

  return {
    authenticate(request) {
      const header = request.headers.get("authorization");
      const sent = header === null ? undefined : readCredentials(header);
      // As RFC 7617 has it, and as RFC 6749 has it, which encodes both parts before.
      const plain = sent && find(sent);
      const decoded = sent && find({ username: formDecoded(sent.username), password: formDecoded(sent.password) });
      const id = plain ?? decoded;
      if (id !== undefined) return id;
      onFailure(header === null ? undefined : logFailure(sent?.username));
      throw new AuthError("credentials_invalid", "Send the id and secret of a client as Basic credentials.");
    },
  };
}

function readCredentials(header: string): { username: string; password: string } | undefined {
  try {
    return parseBasicCredentials(header);
  } catch {
    return undefined;
  }
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
