// What every answer tells browsers, whoever gives it: a page, the API, a file, a refusal, a redirect. An answer that needs more
// freedom (pages run scripts, the public keys are for everybody) says so itself, in place of what stands here.

/** Opened as a document, an answer runs nothing, loads nothing, sends nothing and stands in no frame. */
const nothingAtAll = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const everywhere: readonly (readonly [name: string, value: string])[] = [
  ["X-Content-Type-Options", "nosniff"],
  ["Referrer-Policy", "no-referrer"],
  ["Content-Security-Policy", nothingAtAll],
  ["X-Frame-Options", "DENY"],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  // The pages of other origins that may read an answer ask by CORS, which this does not concern; it is about those that
  // would embed one unread.
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"],
];
const onHttps: typeof everywhere = [
  ...everywhere,
  ["Strict-Transport-Security", "max-age=63072000; includeSubDomains"],
];

/**
 * Headers of each answer of a server.
 *
 * @param https Whether the answer goes out over https: browsers are told to stay there. Over http that would mean nothing (RFC 6797 §7.2).
 */
export function securityHeaders(https: boolean): typeof everywhere {
  return https ? onHttps : everywhere;
}
