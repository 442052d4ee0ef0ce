// Whether the person is still here for whom something was asked; if not, its answer is not shown to the next.
//
// Not an AbortSignal: Node warns of more than ten listeners of one, and `AbortSignal.any` leaks there for signals that
// live as long as a person stays.

import type { AuthClient } from "../auth-client.ts";
import { AuthClientError } from "../auth-client-error.ts";

export interface Presence {
  /** What to tell whoever still waits, once the person has left. */
  readonly left: AuthClientError | undefined;
  /** Calls back when the person leaves, at once if that has happened. @returns what stops that. */
  whenLeft(callback: (error: AuthClientError) => void): () => void;
}

/** @returns for an identity of this client, its presence. */
export function createPresence(client: Pick<AuthClient, "getState" | "subscribe">): (identity: number) => Presence {
  let latest: { identity: number; presence: Presence } | undefined;
  return (identity) => {
    if (latest?.identity !== identity) latest = { identity, presence: presenceOf(client, identity) };
    return latest.presence;
  };
}

function presenceOf(client: Pick<AuthClient, "getState" | "subscribe">, identity: number): Presence {
  const callbacks = new Set<(error: AuthClientError) => void>();
  let left: AuthClientError | undefined;
  const look = () => {
    if (client.getState().identity === identity) return;
    unsubscribe();
    left = new AuthClientError("superseded", "Whoever asked for this is no longer here.");
    for (const callback of callbacks) callback(left);
    callbacks.clear();
  };
  const unsubscribe = client.subscribe(look);
  // It may have changed since the caller asked.
  look();
  return {
    get left() {
      return left;
    },
    whenLeft(callback) {
      if (left !== undefined) callback(left);
      else callbacks.add(callback);
      return () => void callbacks.delete(callback);
    },
  };
}

/**
 * The same response, whose body fails as soon as its person has left. A streamed answer outlives the operation that asked
 * for it: values that were promised, and generators, arrive later.
 */
export function whilePresent(presence: Presence, response: Response): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  let stop: (() => void) | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      stop = presence.whenLeft((error) => {
        controller.error(error);
        void giveUp(reader, error);
      });
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (presence.left !== undefined) return;
        if (!done) return controller.enqueue(value);
        stop?.();
        controller.close();
      } catch (error) {
        stop?.();
        controller.error(error);
      }
    },
    cancel(reason) {
      stop?.();
      return reader.cancel(reason);
    },
  });
  return new Response(body, response);
}

async function giveUp(reader: ReadableStreamDefaultReader, error: AuthClientError): Promise<void> {
  try {
    await reader.cancel(error);
  } catch {
    // It had failed already: the request was aborted with its operations.
  }
}
