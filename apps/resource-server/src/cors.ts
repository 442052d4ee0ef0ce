// Which web pages may call: those of the origins that the operator names. Nothing here reads a cookie, so none is asked for.

const preflightMaxAgeSeconds = 600;
const allowedHeaders = "authorization, content-type, trpc-accept";
/** What a client reads besides the body: the time, and when to come again. */
const exposedHeaders = "date, retry-after, www-authenticate";

export interface Cors {
  /** Answers the question that a browser asks before a page of another origin may call; `undefined` for anything else. */
  preflight(request: Request): Response | undefined;
  /** Lets a page of an allowed origin read the answer. */
  expose(request: Request, response: Response): Response;
}

/** @param origins Of the pages that may call, such as `https://app.example`. */
export function createCors(origins: readonly string[]): Cors {
  const allowed = new Set(origins);

  function allowedOriginOf(request: Request): string | undefined {
    const origin = request.headers.get("origin");
    return origin !== null && allowed.has(origin) ? origin : undefined;
  }

  return {
    preflight(request) {
      if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) return undefined;
      const origin = allowedOriginOf(request);
      const headers = new Headers({ Vary: "Origin" });
      if (origin !== undefined) {
        headers.set("Access-Control-Allow-Origin", origin);
        headers.set("Access-Control-Allow-Methods", "GET, POST");
        headers.set("Access-Control-Allow-Headers", allowedHeaders);
        headers.set("Access-Control-Max-Age", String(preflightMaxAgeSeconds));
      }
      return new Response(null, { status: 204, headers });
    },

    expose(request, response) {
      response.headers.append("Vary", "Origin");
      const origin = allowedOriginOf(request);
      if (origin === undefined) return response;
      response.headers.set("Access-Control-Allow-Origin", origin);
      response.headers.set("Access-Control-Expose-Headers", exposedHeaders);
      return response;
    },
  };
}
