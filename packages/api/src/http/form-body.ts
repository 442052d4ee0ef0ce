// The form of an OAuth endpoint: small, of the one content type, nothing in it twice.

import { AuthError } from "@signet/auth/errors";
import { withLimitedBody } from "./limited-body.ts";

/** A token has 8 KiB at most, and encoding makes it no longer than this. */
const maxFormBytes = 16 * 1024;

/**
 * Reads the `token` of a form. Fields that are not known here are ignored, `token_type_hint` too: what kind of token it is shows in
 * its shape.
 *
 * @throws AuthError `payload_too_large` | `input_invalid`
 * @see RFC 7009 §2.1, RFC 7662 §2.1, RFC 6749 §3.2
 */
export async function readTokenForm(request: Request): Promise<string> {
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(request.headers.get("content-type") ?? "")) {
    throw new AuthError("input_invalid", "Send a form: Content-Type: application/x-www-form-urlencoded.");
  }
  const form = new URLSearchParams(await (await withLimitedBody(request, maxFormBytes)).text());
  const names = [...form.keys()];
  if (new Set(names).size < names.length) throw new AuthError("input_invalid", "A field of the form is there twice.");
  // A field without a value counts as left out.
  const token = form.get("token") ?? "";
  if (token === "") throw new AuthError("input_invalid", "The form has no `token`.", { claim: "token" });
  return token;
}
