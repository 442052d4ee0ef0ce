// Which web pages may call: those of our own origin, and of the other origins of the same site that the operator names.

import { AuthError } from "@signet/auth/errors";
import type { RequestHeaders } from "../context.ts";

export interface AllowedOrigins {
  /**
   * Refuses what a page of another site has sent. Programs that are not browsers send neither header.
   *
   * @throws AuthError `origin_refused`
   */
  require(request: RequestHeaders): void;
  /**
   * Refuses what is no page of ours that sends its browser here: a link or a frame of another site, a script.
   *
   * @throws AuthError `origin_refused`
   */
  requireNavigation(request: RequestHeaders): void;
  /** Answers the question that a browser asks before a page of another origin may call; `undefined` for anything else. */
  preflight(request: Request): Response | undefined;
  /** Lets a page of an allowed origin read the answer. */
  expose(request: RequestHeaders, response: Response): Response;
  /** The headers that let it; none for a page of any other origin, and for programs that are not browsers. */
  exposingHeaders(request: RequestHeaders): readonly (readonly [name: string, value: string])[];
}

const preflightMaxAgeSeconds = 600;
const allowedHeaders = "authorization, content-type, trpc-accept";
/** What the client reads besides the body: the time, and when to come again. */
const exposedHeaders = "date, retry-after, www-authenticate";

/** @param origins Of the pages that may call, such as `https://app.example`. */
export function createAllowedOrigins(origins: readonly string[]): AllowedOrigins {
  const allowed = new Set(origins);
  const pagesAreElsewhere = allowed.size > 1;

  function allowedOriginOf(request: RequestHeaders): string | undefined {
    const origin = request.headers.get("origin");
    return origin !== null && allowed.has(origin) ? origin : undefined;
  }

  return {
    require(request) {
      const origin = request.headers.get("origin");
      const site = request.headers.get("sec-fetch-site");
      const originFits = origin === null || allowed.has(origin);
      const siteFits =
        site === null || site === "none" || site === "same-origin" || (site === "same-site" && origin !== null);
      if (originFits && siteFits) return;
      throw refused();
    },

    requireNavigation(request) {
      const site = request.headers.get("sec-fetch-site");
      const destination = request.headers.get("sec-fetch-dest");
      // Which origin of the same site sends it, a navigation does not say.
      const siteFits =
        site === null || site === "none" || site === "same-origin" || (site === "same-site" && pagesAreElsewhere);
      if (siteFits && (destination === null || destination === "document")) return;
      throw refused();
    },

    preflight(request) {
      if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) return undefined;
      const origin = allowedOriginOf(request);
      const headers = new Headers({ Vary: "Origin" });
      if (origin !== undefined) {
        headers.set("Access-Control-Allow-Origin", origin);
        headers.set("Access-Control-Allow-Credentials", "true");
        headers.set("Access-Control-Allow-Methods", "GET, POST");
        headers.set("Access-Control-Allow-Headers", allowedHeaders);
        headers.set("Access-Control-Max-Age", String(preflightMaxAgeSeconds));
      }
      return new Response(null, { status: 204, headers });
    },

    expose(request, response) {
      response.headers.append("Vary", "Origin");
      for (const [name, value] of this.exposingHeaders(request)) response.headers.set(name, value);
      return response;
    },

    exposingHeaders(request) {
      const origin = allowedOriginOf(request);
      if (origin === undefined) return [];
      return [
        ["Access-Control-Allow-Origin", origin],
        ["Access-Control-Allow-Credentials", "true"],
        ["Access-Control-Expose-Headers", exposedHeaders],
      ];
    },
  };
}

function refused(): AuthError {
  return new AuthError("origin_refused", "Pages of another site may not do this.");
}
