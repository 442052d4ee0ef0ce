// A request whose body is in memory and small. Larger ones are cut off as soon as that is known.

import { AuthError, isAuthError } from "@signet/auth/errors";

/** Far more than any procedure takes. */
export const maxBodyBytes = 64 * 1024;

/** @throws AuthError `payload_too_large`, at the latest when the first byte too many has come; `input_invalid` when it breaks off. */
export async function withLimitedBody(request: Request, maxBytes = maxBodyBytes): Promise<Request> {
  if (request.body === null) return request;
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);

  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request.body) {
      length += chunk.byteLength;
      if (length > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (cause) {
    // Whoever hangs up in the middle is no fault of ours.
    throw isAuthError(cause) ? cause : new AuthError("input_invalid", "The request could not be read.", { cause });
  }
  const { method, headers, signal, url } = request;
  return new Request(url, { method, headers, signal, body: Buffer.concat(chunks) });
}

function tooLarge(maxBytes: number): AuthError {
  return new AuthError("payload_too_large", `A request may have ${maxBytes} bytes at most.`);
}
