// The JSON body of a plain endpoint: small, of a known shape, or refused.

import { AuthError } from "@signet/auth/errors";
import type { z } from "zod";
import type { Body } from "./bodies.ts";
import { withLimitedBody } from "./limited-body.ts";

/**
 * Reads the body of a request. None at all counts as `{}`.
 *
 * @throws AuthError `payload_too_large` | `input_invalid`; ZodError for another shape
 */
export async function readJson<Output>(request: Request, schema: z.ZodType<Output> & Body): Promise<Output> {
  const shape: z.ZodType<Output> = schema;
  const text = await (await withLimitedBody(request)).text();
  if (text === "") return shape.parse({});
  assertJson(request);
  return shape.parse(parse(text));
}

/**
 * Forms can be sent from other sites without asking first; JSON cannot.
 *
 * @throws AuthError `input_invalid`
 */
export function assertJson(request: Request): void {
  if (isJson(request.headers.get("content-type"))) return;
  throw new AuthError("input_invalid", "Send JSON: Content-Type: application/json.");
}

export function isJson(contentType: string | null | undefined): boolean {
  return /^application\/json *(;|$)/i.test(contentType ?? "");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AuthError("input_invalid", "The body is not JSON.");
  }
}
