// Requests to a provider, with bounds on all that comes back: one deadline for all requests of one step, one size for each body, and no
// redirects. `openid-client` bounds neither a body nor the requests of a step together.

import type { CustomFetchOptions } from "openid-client";
import { ProviderError } from "./identity-provider.ts";
import { withoutContents } from "./provider-failure.ts";

/** What `openid-client` asks for, and the same for requests of our own. */
export interface ProviderRequest {
  method: string;
  headers: Record<string, string>;
  body?: CustomFetchOptions["body"];
}

/** @throws ProviderError `unavailable` for whatever is no answer to the question */
export type ProviderFetch = (url: string, request: ProviderRequest) => Promise<Response>;

const maxBodyBytes = 1024 * 1024;
const jsonOrJwt = /^application\/(?:(?:[\w.+-]+\+)?json|jwt)[ \t]*(?:;|$)/i;

/**
 * Does one step of a sign-in, and ends it after so many milliseconds, whatever it waits for then.
 *
 * @param work Gets the `fetch` for all of its requests, and the signal that aborts at the deadline.
 * @throws ProviderError `unavailable` at the deadline; whatever the work throws
 */
export async function withinDeadline<Result>(
  { deadlineMs, fetch }: { deadlineMs: number; fetch: typeof globalThis.fetch },
  work: (fetch: ProviderFetch, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ProviderError("unavailable", `The provider did not answer within ${deadlineMs} ms.`));
    }, deadlineMs);
  });
  try {
    return await Promise.race([work(boundedFetch(fetch, deadline.signal), deadline.signal), tooLate]);
  } finally {
    clearTimeout(timer);
    // Nobody waits any more for what is still under way.
    deadline.abort();
  }
}

/** The bounded `fetch` with a signal of its own: less time for what a step can do without. */
export function boundedFetch(fetch: typeof globalThis.fetch, signal: AbortSignal): ProviderFetch {
  return async (url, { method, headers, body }) => {
    try {
      // A redirect is an answer that says nothing: whoever can bend our way must not choose where we go.
      // Nothing but forms is sent to a provider.
      const form = body instanceof URLSearchParams ? body : null;
      const response = await fetch(url, { method, headers, body: form, redirect: "manual", signal });
      return await readAnswer(response, method);
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      throw new ProviderError("unavailable", "The provider could not be reached.", { cause: withoutContents(error) });
    }
  };
}

async function readAnswer(response: Response, method: string): Promise<Response> {
  const { status, headers } = response;
  try {
    // The token endpoint says with 4xx what is wrong with a request, except that there are too many.
    const isError = method === "POST" && status >= 400 && status < 500 && status !== 429;
    if (status !== 200 && !isError) {
      throw new ProviderError("unavailable", `The provider answered with the status ${status}.`);
    }
    // A page with 200 is somebody else's, or a sign that the provider is being repaired.
    if (status === 200 && !jsonOrJwt.test(headers.get("Content-Type") ?? "")) {
      throw new ProviderError("unavailable", "The provider answered with neither JSON nor a JWT.");
    }
    return new Response(await readBody(response), { status, headers });
  } finally {
    // What nobody reads would keep its connection. Fails where the body was read to its end, which is all right.
    await response.body?.cancel().catch(() => {});
  }
}

async function readBody(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
      // By what came out of the decompression, not by what Content-Length promised.
      length += next.value.byteLength;
      if (length > maxBodyBytes) {
        throw new ProviderError("unavailable", `The provider answered with more than ${maxBodyBytes} bytes.`);
      }
      chunks.push(next.value);
    }
  } finally {
    reader?.releaseLock();
  }
  return new Uint8Array(Buffer.concat(chunks));
}
