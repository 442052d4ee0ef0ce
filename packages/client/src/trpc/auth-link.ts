// The tRPC link that says who is calling. It waits until that is known, gives the token to origins that may have it,
// sends again what was refused only because the token had ended, and drops answers that were asked for by somebody who
// is no longer here.
//
// It stands before the link that sends, and each operation passes here by itself: so of a batch exactly those operations
// are sent again that were refused, and the others keep their results.

import { type Operation, type OperationLink, TRPCClientError, type TRPCLink } from "@trpc/client";
import type { AnyRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";
import type { AuthClient } from "../auth-client.ts";
import { createPresence, type Presence } from "./presence.ts";
import { createRepetition } from "./repetition.ts";
import { type SendingLinkOptions, type SendingLinks, sendingLinks } from "./sending-links.ts";

/** The calls of Signet's own API whose answers set a cookie, which a batch or a stream would lose. */
const ownCookiePaths = ["auth.issueToken", "auth.signUp", "auth.changePassword", "auth.redeem"];

/** What the link needs of `createAuthClient`. */
export type LinkedAuthClient = Pick<
  AuthClient,
  "trpcUrl" | "mayReceiveBearer" | "getState" | "subscribe" | "authorization" | "renew"
>;

export interface AuthLinkOptions<TRouter extends AnyRouter> {
  client: LinkedAuthClient;
  /** Where tRPC is mounted. Default the client's own API. Its origin must be one that may be given the token. */
  url?: string;
  /** Makes the link that sends. Default `httpBatchLink`. */
  link?: (own: SendingLinkOptions) => TRPCLink<TRouter>;
  /** Paths of more procedures that set cookies. Those of Signet's own API are known, when `url` is the default. */
  cookiePaths?: readonly string[];
  /** Makes the link for calls that set cookies. Default `httpLink`; name it when your API has a transformer. */
  plainLink?: (own: SendingLinkOptions) => TRPCLink<TRouter>;
  /** Default the global one. */
  fetch?: typeof fetch;
}

/**
 * The last link of a tRPC client: `createTRPCClient<AppRouter>({ links: [authLink({ client })] })`.
 *
 * An operation is sent again once, under a new token, when its error says `data.retry: true`: that it was refused before
 * the resolver ran. Any other error, and a second refusal, goes to the caller.
 *
 * @throws TypeError when `url` lies on an origin that must not be given the token.
 */
export function authLink<TRouter extends AnyRouter>(options: AuthLinkOptions<TRouter>): TRPCLink<TRouter> {
  const { client, url = client.trpcUrl, link, plainLink, fetch } = options;
  if (!client.mayReceiveBearer(url)) {
    throw new TypeError(
      `authLink: ${url} is not on an origin that may be given the token. Add its origin to \`bearerOrigins\` of ` +
        "createAuthClient, or use a link without a token for it.",
    );
  }
  const cookiePaths = new Set([...(url === client.trpcUrl ? ownCookiePaths : []), ...(options.cookiePaths ?? [])]);
  const makeLinks = sendingLinks<TRouter>({ client, url, link, plainLink, fetch });

  return (runtime) => {
    const presenceOf = createPresence(client);
    let latest: SendingLinks<TRouter> | undefined;

    /** The sending links of this token; those of a former token only finish what they have begun. */
    function linkFor(op: Operation, token: string | null, presence: Presence): OperationLink<TRouter> {
      if (latest?.token !== token || latest.presence !== presence) latest = makeLinks(runtime, token, presence);
      return cookiePaths.has(op.path) ? latest.plain : latest.usual;
    }

    return ({ op, next }) =>
      observable((observer) => {
        const repetition = createRepetition(op);
        const isSubscription = op.type === "subscription";
        let sent: Unsubscribable | undefined;
        const over = new AbortController();

        function fail(error: unknown): void {
          if (over.signal.aborted) return;
          over.abort();
          observer.error(TRPCClientError.from(error instanceof Error ? error : new Error(String(error))));
        }

        /** Sends it; everything that arrives goes on to the caller. @returns the refusal after which it may be sent again. */
        function deliver(token: string | null, presence: Presence): Promise<TRPCClientError<TRouter>> {
          return new Promise((resolve) => {
            repetition.begin();
            const send = linkFor(op, token, presence);
            sent = send({ op: { ...op, input: repetition.input() }, next }).subscribe({
              next(value) {
                if (over.signal.aborted) return;
                repetition.arrived(value.result);
                observer.next(value);
              },
              complete() {
                if (over.signal.aborted) return;
                over.abort();
                observer.complete();
              },
              error(error) {
                if (token !== null && repetition.allowed(error)) resolve(error);
                else fail(error);
              },
            });
            // It may have ended while it was being sent.
            if (over.signal.aborted) sent.unsubscribe();
          });
        }

        async function run(): Promise<void> {
          const { token: first, identity } = await client.authorization();
          if (over.signal.aborted) return;
          const presence = presenceOf(identity);
          let refusal: TRPCClientError<TRouter> | undefined;
          // Whoever was refused is told that rather than that the session ended by it.
          over.signal.addEventListener(
            "abort",
            presence.whenLeft((left) => fail(refusal ?? left)),
          );

          let token = first;
          while (!over.signal.aborted) {
            refusal = await deliver(token, presence);
            if (over.signal.aborted || token === null) return;
            if (isSubscription) observer.next({ result: { type: "state", state: "connecting", error: refusal } });
            if (!(await renewed(client, token, isSubscription, over.signal))) return fail(refusal);
            ({ token } = await client.authorization());
            refusal = undefined;
          }
        }

        const stop = () => fail(new DOMException("The operation was aborted.", "AbortError"));
        op.signal?.addEventListener("abort", stop, { signal: over.signal });
        if (op.signal?.aborted) stop();
        else run().catch(fail);

        return () => {
          over.abort();
          sent?.unsubscribe();
        };
      });
  };
}

/**
 * Whether there is another good token now. Who is `patient` waits for it while the server cannot be reached: a
 * subscription has nobody who would ask again.
 */
async function renewed(
  client: LinkedAuthClient,
  refused: string,
  patient: boolean,
  over: AbortSignal,
): Promise<boolean> {
  for (;;) {
    if (await client.renew(refused)) return true;
    if (!patient || over.aborted || client.getState().status !== "unreachable") return false;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (client.getState().status === "unreachable" && !over.aborted) return;
        unsubscribe();
        over.removeEventListener("abort", look);
        resolve();
      };
      const unsubscribe = client.subscribe(look);
      over.addEventListener("abort", look);
    });
  }
}
