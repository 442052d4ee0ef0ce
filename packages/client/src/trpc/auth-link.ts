// The tRPC link that says who is calling. It waits until that is known, gives the token to the API's own origin alone,
// and drops answers that were asked for by somebody who is no longer here.
//
// It stands before the link that sends. Headers belong to a request, and a batch is one request for several operations:
// so each token has a sending link of its own, and operations under different tokens never share a batch. As each
// operation passes here by itself, one that was refused can be sent again by itself.

import { type HTTPLinkOptions, httpBatchLink, type OperationLink, TRPCClientError, type TRPCLink } from "@trpc/client";
import type { AnyRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";
import type { AuthClient } from "../auth-client.ts";
import { AuthClientError } from "../auth-client-error.ts";

/** tRPC's own idea of `fetch`, a little wider than the browser's. */
type TRPCFetch = NonNullable<HTTPLinkOptions<AnyRouter["_def"]["_config"]["$types"]>["fetch"]>;

/** As many operations, and as long an address, as the API takes in one request; more make another batch. */
const batchLimits = { maxItems: 30, maxURLLength: 8_000 };

/** What a sending link needs; made anew for each token. */
export interface SendingLinkOptions {
  url: string;
  headers: Record<string, string>;
  fetch: TRPCFetch;
}

export interface AuthLinkOptions<TRouter extends AnyRouter> {
  client: AuthClient;
  /** Where tRPC is mounted. Default the client's own API. Its origin must be one that may be given the token. */
  url?: string;
  /** Makes the link that sends. Default `httpBatchLink`. */
  link?: (options: SendingLinkOptions) => TRPCLink<TRouter>;
  /** Default the global one. */
  fetch?: typeof fetch;
}

/**
 * The last link of a tRPC client: `createTRPCClient<AppRouter>({ links: [authLink({ client })] })`.
 *
 * @throws TypeError when `url` lies on an origin that must not be given the token.
 */
export function authLink<TRouter extends AnyRouter>(options: AuthLinkOptions<TRouter>): TRPCLink<TRouter> {
  const { client, url = client.trpcUrl } = options;
  if (!client.mayReceiveBearer(url)) {
    throw new TypeError(
      `authLink: ${url} is not on an origin that may be given the token. Add its origin to \`bearerOrigins\` of ` +
        "createAuthClient, or use a link without a token for it.",
    );
  }
  const requestBy = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const makeLink = options.link ?? ((own) => httpBatchLink({ ...batchLimits, ...own } as never) as TRPCLink<TRouter>);
  const sending: Omit<SendingLinkOptions, "headers"> = {
    url,
    // The API does not redirect. Whoever does is somebody else, and gets no token.
    fetch: (input, init) => requestBy(input, { ...(init as RequestInit), credentials: "omit", redirect: "error" }),
  };

  return (runtime) => {
    let latest: { token: string | null; link: OperationLink<TRouter> } | undefined;

    /** The sending link of this token; the one of a former token only finishes what it has begun. */
    function linkFor(token: string | null): OperationLink<TRouter> {
      if (latest === undefined || latest.token !== token) {
        const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
        latest = { token, link: makeLink({ ...sending, headers })(runtime) };
      }
      return latest.link;
    }

    return ({ op, next }) =>
      observable((observer) => {
        let inner: Unsubscribable | undefined;
        let unsubscribe: (() => void) | undefined;
        let over = false;
        const finish = () => {
          over = true;
          unsubscribe?.();
          op.signal?.removeEventListener("abort", onAbort);
        };
        const fail = (cause: Error) => {
          if (over) return;
          finish();
          inner?.unsubscribe();
          observer.error(TRPCClientError.from(cause));
        };
        const onAbort = () => fail(new DOMException("The operation was aborted.", "AbortError"));
        op.signal?.addEventListener("abort", onAbort);
        if (op.signal?.aborted) onAbort();

        const send = async () => {
          const { token, identity } = await client.authorization();
          if (over) return;
          unsubscribe = client.subscribe(() => {
            if (client.getState().identity === identity) return;
            fail(new AuthClientError("superseded", "Somebody else is here now."));
          });
          inner = linkFor(token)({ op, next }).subscribe({
            next: (value) => over || observer.next(value),
            complete() {
              if (over) return;
              finish();
              observer.complete();
            },
            error(error) {
              if (over) return;
              finish();
              observer.error(error);
              if (token !== null && refusesToken(error)) void client.reportRefusal(token);
            },
          });
        };
        void send();

        return () => {
          finish();
          inner?.unsubscribe();
        };
      });
  };
}

/** Whether it was the token that was refused, not what was asked for with it. */
function refusesToken(error: { data?: unknown }): boolean {
  const data = error.data;
  if (typeof data !== "object" || data === null || !("reason" in data)) return false;
  return typeof data.reason === "string" && data.reason.startsWith("token_");
}
