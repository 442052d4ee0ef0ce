// The links that send, one pair for each token: a batch is one request and so has one bearer. Operations under different
// tokens never share a batch, and a stream for somebody who has left is cut off.

import { type HTTPLinkOptions, httpBatchLink, httpLink, type OperationLink, type TRPCLink } from "@trpc/client";
import type { AnyRouter } from "@trpc/server";
import type { AuthClient } from "../auth-client.ts";
import { type Presence, whilePresent } from "./presence.ts";

/** The browser's `fetch`, and tRPC's own idea of it, which is a little wider. */
type Fetch = typeof fetch & NonNullable<HTTPLinkOptions<AnyRouter["_def"]["_config"]["$types"]>["fetch"]>;

/** As many operations, and as long an address, as the API takes in one request; more make another batch. */
const batchLimits = { maxItems: 30, maxURLLength: 8_000 };

/** What a sending link needs; made anew for each token. Hand it on whole: `httpBatchLink({ ...own, transformer })`. */
export interface SendingLinkOptions {
  url: string;
  /** Adds the token to what it sends, refuses other origins and redirects, and stops when somebody else is here. */
  fetch: Fetch;
}

export interface SendingLinksOptions<TRouter extends AnyRouter> {
  client: Pick<AuthClient, "mayReceiveBearer">;
  url: string;
  link: ((own: SendingLinkOptions) => TRPCLink<TRouter>) | undefined;
  plainLink: ((own: SendingLinkOptions) => TRPCLink<TRouter>) | undefined;
  fetch: typeof fetch | undefined;
}

/** The sending links of one token. */
export interface SendingLinks<TRouter extends AnyRouter> {
  readonly token: string | null;
  readonly presence: Presence;
  /** The usual way: batched, and without cookies. */
  usual: OperationLink<TRouter>;
  /** For calls whose answer sets a cookie: one request each, not streamed, with cookies. */
  plain: OperationLink<TRouter>;
}

/** @returns what makes the links of a token, for as long as its person is here. */
export function sendingLinks<TRouter extends AnyRouter>(options: SendingLinksOptions<TRouter>) {
  const { client, url } = options;
  const requestBy: typeof fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  // Without a transformer both take the same options, whatever the router is.
  const usual = options.link ?? ((own) => httpBatchLink({ ...batchLimits, ...own } as never) as TRPCLink<TRouter>);
  const plain = options.plainLink ?? ((own) => httpLink(own as never) as TRPCLink<TRouter>);

  function fetchWith(token: string | null, presence: Presence, credentials: RequestCredentials): Fetch {
    return (input: RequestInfo | URL, init: object = {}): Promise<Response> => {
      const given: RequestInit = init;
      const headers = new Headers(given.headers);
      if (token !== null) {
        if (!client.mayReceiveBearer(addressOf(input))) {
          return Promise.reject(new TypeError("authLink: a link sends to an origin that must not be given the token."));
        }
        headers.set("authorization", `Bearer ${token}`);
      }
      // The API does not redirect. Whoever does is somebody else, and gets no token.
      const answer = requestBy(input, { ...given, headers, credentials, redirect: "error" });
      return isStreamed(headers) ? answer.then((response) => whilePresent(presence, response)) : answer;
    };
  }

  return (
    runtime: Parameters<TRPCLink<TRouter>>[0],
    token: string | null,
    presence: Presence,
  ): SendingLinks<TRouter> => ({
    token,
    presence,
    usual: usual({ url, fetch: fetchWith(token, presence, "omit") })(runtime),
    plain: plain({ url, fetch: fetchWith(token, presence, "include") })(runtime),
  });
}

function addressOf(input: RequestInfo | URL): string {
  if (typeof input === "string") return input;
  return input instanceof URL ? input.href : input.url;
}

function isStreamed(request: Headers): boolean {
  return [request.get("trpc-accept"), request.get("accept")].includes("application/jsonl");
}
