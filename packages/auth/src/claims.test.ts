import { describe, expect, test } from "vitest";
import { accessTokenClaimsSchema, scopesOf } from "./claims.ts";
import { exampleClaims, fixedClock } from "./testing.ts";

const claims = exampleClaims(fixedClock(1_800_000_000_000));

describe("accessTokenClaimsSchema", () => {
  test("CLM-11: the claims of an access token are these twelve and no others", () => {
    expect(Object.keys(accessTokenClaimsSchema.shape).toSorted()).toEqual(
      ["iss sub aud exp iat jti sid client_id scope auth_time amr preferred_username"].join().split(" ").toSorted(),
    );
  });

  test("TOK-11: unknown claims are ignored and left out", () => {
    expect(accessTokenClaimsSchema.parse({ ...claims, email: "ada@example.com" })).toStrictEqual(claims);
  });

  test("takes one audience or several", () => {
    for (const aud of ["a", ["a"], ["a", "b"]])
      expect(accessTokenClaimsSchema.parse({ ...claims, aud }).aud).toEqual(aud);
  });
});

describe("scopesOf", () => {
  test("gives the scopes as a list, empty when there are none", () => {
    expect(scopesOf({ scope: "" })).toEqual([]);
    expect(scopesOf({ scope: "notes:read" })).toEqual(["notes:read"]);
    expect(scopesOf({ scope: "notes:read notes:write" })).toEqual(["notes:read", "notes:write"]);
  });
});
