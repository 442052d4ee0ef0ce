import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { returnPathFrom } from "./return-path.ts";

const ours = "https://app.example";

describe("returnPathFrom (OAU-09)", () => {
  it.each([
    "/",
    "/account",
    "/account?tab=sessions#top",
    "/a/b%20c/d",
    "/search?q=https://other.example/",
    "/search?q=%0A",
    "/M%C3%BCnchen",
    "/a//b",
    "/@ada",
  ])("takes the path %s of this origin", (path) => {
    expect(returnPathFrom(path)).toBe(path);
  });

  it("takes none that is too long for a header or a cookie once it is escaped", () => {
    expect(returnPathFrom(`/${"a".repeat(2_047)}`)).toHaveLength(2_048);
    expect(returnPathFrom(`/${"a".repeat(2_048)}`)).toBe("/");
    expect(returnPathFrom(`/${"é".repeat(341)}`)).toHaveLength(2_047);
    expect(returnPathFrom(`/${"é".repeat(342)}`, "/account")).toBe("/account");
  });

  it("leaves a token in the query behind", () => {
    expect(returnPathFrom("/account?token=a.b.c&x=1")).toBe("/account?x=1");
  });

  // One row per trick that has opened a redirect somewhere.
  const tricks = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\u0000/evil.example",
    "/\u007f/evil.example",
    "/\u2028/evil.example",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%0d%0a/evil.example",
    "/%00/evil.example",
    "/%2f/evil.example",
    "/%2Fevil.example",
    "/%5cevil.example",
    "/%5Cevil.example",
    "/%255cevil.example",
    "/%252fevil.example",
    "/%25252fevil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/.//evil.example",
    "/%2e%2e//evil.example",
    "/a/%2e%2e//evil.example",
    "/a/..%2f..%2f/evil.example",
    "/..\\/evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "HTTPS://evil.example",
    "http://evil.example",
    "https://app.example@evil.example",
    "https://app.example.evil.example",
    "//app.example@evil.example",
    "/@evil.example/../..//evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "/javascript:alert(1)\n",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://app.example/1",
    "file:///etc/passwd",
    "ftp://evil.example",
    "evil.example",
    "account",
    "?next=//evil.example",
    "#//evil.example",
    "",
    " ",
    "/%",
    "/%ff",
    `/${"a".repeat(3_000)}`,
  ];
  it.each(tricks)("answers %j with the start page", (path) => {
    expect(returnPathFrom(path)).toBe("/");
  });

  it.each([null, undefined, 7, ["//evil.example"], { toString: () => "/a" }])(
    "answers %j, which is no text, likewise",
    (value) => {
      expect(returnPathFrom(value, "/home")).toBe("/home");
    },
  );

  it("never leaves the origin, and never starts with two slashes, whatever it is given", () => {
    const piece = constantFrom(
      "/",
      "\\",
      ".",
      "..",
      "%2f",
      "%5c",
      "%09",
      "%0a",
      "%252f",
      "\t",
      "\n",
      "\u0000",
      "@",
      ":",
      "?",
      "#",
      "https:",
      "javascript:",
      "evil.example",
      "a",
      "%",
      "é",
    );
    const text = oneof(
      string({ unit: "binary" }),
      array(piece, { maxLength: 12 }).map((parts) => parts.join("")),
    );
    assert(
      property(text, (value) => {
        for (const start of ["", "/"]) {
          const path = returnPathFrom(start + value);
          expect(path).toMatch(/^\/(?![/\\])/);
          expect(new URL(path, ours).origin).toBe(ours);
          // A second reader comes to the same answer.
          expect(returnPathFrom(path)).toBe(path);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
