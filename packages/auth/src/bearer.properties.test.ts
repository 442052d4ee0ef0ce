// What holds for every `Authorization` header, not only for those that somebody thought of.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseBearer } from "./bearer.ts";
import { isAuthError } from "./errors.ts";

const pieces = [
  "Bearer",
  "bearer",
  " ",
  "  ",
  "\t",
  ",",
  "=",
  "==",
  "a",
  "a.b.c",
  "-",
  "~",
  "/",
  '"',
  "\u00a0",
  "\n",
  "é",
  "Basic",
  "s",
];
const header = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 40 }).map((text) => `Bearer ${text}`),
  fc.string({ unit: "binary", maxLength: 40 }),
);

function outcomeOf(text: string): { token: string } | { reason: unknown } {
  try {
    return { token: parseBearer(text) };
  } catch (error) {
    return { reason: isAuthError(error) ? error.reason : error };
  }
}

test("a token is taken only from the one form there is, whole and as it stands; all else is missing or malformed (HTTP-02, HTTP-05)", () => {
  fc.assert(
    fc.property(header, (text) => {
      const outcome = outcomeOf(text);
      if ("token" in outcome) {
        // Written again it is what was sent, but for the scheme's case and how many spaces there are.
        const [scheme = "", ...rest] = text.split(/ +/);
        return (
          scheme.toLowerCase() === "bearer" &&
          rest.length === 1 &&
          rest[0] === outcome.token &&
          /^[\w\-.~+/]+=*$/.test(outcome.token)
        );
      }
      return outcome.reason === (/^bearer(?![\w!#$%&'*+.^`|~-])/i.test(text) ? "token_malformed" : "token_missing");
    }),
    { numRuns: 5_000 },
  );
});

test("nothing that repeats without end takes longer than its length: 200,000 times any two pieces, between any two", () => {
  const piece = fc.constantFrom(...pieces);
  fc.assert(
    fc.property(piece, piece, piece, piece, (before, one, other, after) => {
      // With a pattern that goes back and forth this would not end.
      const outcome = outcomeOf(`Bearer ${before}${(one + other).repeat(200_000)}${after}`);
      expect("token" in outcome || outcome.reason === "token_malformed").toBe(true);
    }),
    { numRuns: 60 },
  );
});
