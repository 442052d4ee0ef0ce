import { describe, expect, it } from "vitest";
import { isFreshEnough } from "./sign-in-age";

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const expiresAt = 1_800_000_000;
const token = (claims: object) => `${part({ alg: "ES256" })}.${part({ exp: expiresAt, ...claims })}.AAAA`;

/** With so much time left to the token, somebody signed in so long ago. */
const freshAfter = (ageSeconds: number, timeLeftMs = 60_000) =>
  isFreshEnough(token({ auth_time: expiresAt - timeLeftMs / 1000 - ageSeconds }), timeLeftMs);

describe("isFreshEnough", () => {
  it("leaves two of the ten minutes for the way to a provider and back", () => {
    expect(freshAfter(0)).toBe(true);
    expect(freshAfter(480)).toBe(true);
    expect(freshAfter(481)).toBe(false);
    expect(freshAfter(86_400)).toBe(false);
  });

  it("is counted by the server's clock: by what is left of the token", () => {
    expect(freshAfter(480, 1_000)).toBe(true);
    expect(freshAfter(481, 1_000)).toBe(false);
  });

  it("keeps nobody from asking where it is not known: the API decides", () => {
    expect(isFreshEnough(null, 60_000)).toBe(true);
    expect(isFreshEnough("no token", 60_000)).toBe(true);
    expect(isFreshEnough(token({}), 60_000)).toBe(true);
    expect(isFreshEnough(token({ auth_time: "1" }), 60_000)).toBe(true);
    expect(isFreshEnough(token({ auth_time: 0 }), null)).toBe(true);
  });
});
