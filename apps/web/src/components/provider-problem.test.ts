import { describe, expect, it } from "vitest";
import { type ProblemPage, providerProblemFrom, providerProblemWords } from "./provider-problem";

const problems = ["cancelled", "unavailable", "refused", "expired", "rate_limited", "busy"] as const;
const pages: ProblemPage[] = ["sign-in", "sign-up", "account"];

describe("providerProblemFrom", () => {
  it.each(problems)("knows %s", (problem) => {
    expect(providerProblemFrom(problem)).toBe(problem);
  });

  it.each([undefined, "", "Call this number", "constructor", "toString", ["cancelled"], "cancelled,busy"])(
    "takes %j for nothing, as anybody may write an address",
    (value) => {
      expect(providerProblemFrom(value)).toBeNull();
    },
  );
});

describe("providerProblemWords", () => {
  it("has words of its own for each problem on each page", () => {
    const all = pages.flatMap((page) => problems.map((problem) => providerProblemWords(problem, page)));
    expect(new Set(all).size).toBe(problems.length * pages.length);
  });

  it.each(problems)("names the way on that each page has, after %s", (problem) => {
    expect(providerProblemWords(problem, "sign-in")).toMatch(/or sign in with your password\.$/);
    expect(providerProblemWords(problem, "sign-up")).toMatch(/or choose a name and a password here\.$/);
    expect(providerProblemWords(problem, "account")).toMatch(/Nothing was changed\. .*(?:again|like|moment)\.$/);
  });
});
