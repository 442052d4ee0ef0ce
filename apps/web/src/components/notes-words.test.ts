import { TRPCClientError } from "@trpc/client";
import { describe, expect, test } from "vitest";
import { isSilent, noteProblem, notesErrorWords } from "./notes-words.ts";

function refusal(data: object): TRPCClientError<never> {
  return TRPCClientError.from({ error: { code: -32_600, message: "", data } } as never);
}

describe("a note", () => {
  test("has something in it, and 2,000 characters at most, each counted once", () => {
    expect(noteProblem(" \n")).toBe("Write something first.");
    expect(noteProblem("x")).toBeNull();
    expect(noteProblem("\u{1f58b}".repeat(2_000))).toBeNull();
    expect(noteProblem("x".repeat(2_001))).toBe("Too long by 1 character: 2,000 at most.");
    expect(noteProblem("x".repeat(4_000))).toBe("Too long by 2,000 characters: 2,000 at most.");
  });
});

describe("what the notes service answers", () => {
  test("is told apart from no answer at all", () => {
    expect(isSilent(TRPCClientError.from(new TypeError("Failed to fetch")))).toBe(true);
    expect(isSilent(refusal({ reason: "storage_unavailable" }))).toBe(false);
    const left = Object.assign(new Error("Whoever asked for this is no longer here."), { name: "AuthClientError" });
    expect(isSilent(TRPCClientError.from(left))).toBe(false);
    expect(isSilent(new Error("a fault of the page"))).toBe(false);
  });

  test.each([
    ["input_invalid", "This note cannot be kept as it is."],
    ["not_found", "This note was removed already."],
    ["keys_unavailable", "The notes service cannot check your token just now."],
    ["token_invalid", "The notes service does not accept your token."],
    ["what is added later", "Something went wrong at the notes service, not with you."],
  ])("has words for %s", (reason, words) => {
    expect(notesErrorWords(refusal({ reason }))).toContain(words);
  });

  test("says what to do when there is no room", () => {
    expect(notesErrorWords(refusal({ reason: "input_invalid", problem: "too_many" }))).toMatch(/Remove one first/);
  });

  test("is not made of a fault of ours", () => {
    expect(notesErrorWords(new Error("a fault of the page"))).toBeNull();
  });
});
