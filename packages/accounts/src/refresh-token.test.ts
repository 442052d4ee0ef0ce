// What holds for every text that somebody sends as a refresh token.

import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createRefreshTokens, parseRefreshToken } from "./refresh-token.ts";

const tokens = createRefreshTokens([randomBytes(32).toString("base64")]);
const parts = fc.record({
  sessionId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
  counter: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  userId: fc.string({ maxLength: 30 }),
  salt: fc.uint8Array({ minLength: 16, maxLength: 16 }),
});

test("what is made is read again, and known as ours for its own parts alone", () => {
  fc.assert(
    fc.property(parts, fc.string({ maxLength: 5 }), (made, other) => {
      const parsed = parseRefreshToken(tokens.make(made));
      if (parsed === undefined) return false;
      expect(parsed).toMatchObject({ sessionId: made.sessionId, counter: made.counter });
      return (
        tokens.isMadeHere(parsed, made) && !tokens.isMadeHere(parsed, { ...made, userId: `${made.userId}${other}x` })
      );
    }),
  );
});

test("no other spelling of a token is read, and a changed one is not ours", () => {
  const characters = [
    ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    "+",
    "/",
    "=",
    " ",
    "\n",
    "é",
    "",
  ];
  fc.assert(
    fc.property(parts, fc.nat(70), fc.constantFrom(...characters), (made, at, character) => {
      const token = tokens.make(made);
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      fc.pre(changed !== token);
      const parsed = parseRefreshToken(changed);
      return parsed === undefined || !tokens.isMadeHere(parsed, made);
    }),
    { numRuns: 2_000 },
  );
});

test("any text is a token in its one spelling, or none; nothing is thrown, whatever its length", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.uint8Array({ minLength: 52, maxLength: 54 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
    fc.uint8Array({ minLength: 52, maxLength: 52 }).map((bytes) => Buffer.from([1, ...bytes]).toString("base64url")),
    fc.nat(1_000_000).map((length) => "A".repeat(length)),
  );
  fc.assert(
    fc.property(text, (sent) => {
      const parsed = parseRefreshToken(sent);
      if (parsed === undefined) return true;
      const head = Buffer.alloc(4);
      head.writeUInt32BE(parsed.counter);
      const again = Buffer.concat([Buffer.of(1), Buffer.from(parsed.sessionId, "base64url"), head, parsed.mac]);
      return again.toString("base64url") === sent;
    }),
    { numRuns: 2_000 },
  );
});
