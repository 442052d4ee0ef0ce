import { AuthClientError, type AuthClientErrorReason } from "@signet/client";
import { describe, expect, it } from "vitest";
import {
  linkWords,
  setPasswordErrors,
  settingOutWords,
  signInAgainErrors,
  stillHereWords,
  unlinkedWords,
} from "./sign-in-method-words";

const error = (reason: AuthClientErrorReason, problem?: string, field?: string) =>
  new AuthClientError(reason, "What the server says.", {
    ...(problem !== undefined && { problem }),
    ...(field !== undefined && { field }),
  });

describe("why a browser did not set out", () => {
  it("is told apart: no storage for the tab, no https, anything else", () => {
    expect(settingOutWords(error("unsupported", "no_tab_storage"))).toMatch(/Allow it to keep data/);
    expect(settingOutWords(error("unsupported", "no_secure_context"))).toMatch(/https/);
    expect(settingOutWords(error("token_missing"))).toMatch(/Something went wrong here/);
  });
});

describe("why signing in with a provider changed nothing", () => {
  it("is told apart: another account there, a way that took too long, anything else", () => {
    expect(stillHereWords(error("username_needed"))).toMatch(/not linked to yours/);
    expect(stillHereWords(error("code_invalid"))).toMatch(/took too long/);
    expect(stillHereWords(error("rate_limited"))).toMatch(/Too many tries/);
  });

  it.each(["username_needed", "code_invalid", "unreachable", "busy"] as const)(
    "says after %s who is here",
    (reason) => {
      expect(stillHereWords(error(reason))).toMatch(/^You are still signed in as before/);
    },
  );
});

describe("why nothing was linked", () => {
  it("is told apart: another user's account, another one linked already, a way that took too long", () => {
    expect(linkWords(error("provider_account_taken", "of_another_user"))).toMatch(/linked to another account here/);
    expect(linkWords(error("provider_account_taken", "another_is_linked"))).toMatch(/Unlink that one first/);
    expect(linkWords(error("code_invalid"))).toMatch(/Begin again/);
  });

  it.each(["provider_account_taken", "code_invalid", "superseded", "reauthentication_required", "busy"] as const)(
    "says after %s that nothing was",
    (reason) => {
      expect(linkWords(error(reason))).toMatch(/^Nothing was linked/);
    },
  );

  it("claims nothing where no answer came", () => {
    expect(linkWords(error("unreachable"))).toMatch(/may be linked or not/);
  });
});

describe("what unlinking did", () => {
  it("is said with the devices that it signed out", () => {
    expect(unlinkedWords("Example", 0, 0)).toBe("Example was unlinked already.");
    expect(unlinkedWords("Example", 1, 0)).toBe("Example is unlinked.");
    expect(unlinkedWords("Example", 1, 1)).toMatch(/one other device that came by a provider is signed out/);
    expect(unlinkedWords("Example", 1, 2)).toMatch(/2 other devices that came by a provider are signed out/);
  });
});

describe("why a first password was not set", () => {
  it("stands beside the field where it is about the password", () => {
    expect(setPasswordErrors(error("password_unacceptable", "too_short", "newPassword"), 15)).toEqual({
      newPassword: "Too short: at least 15 characters. Four or five words do well.",
    });
    expect(setPasswordErrors(error("input_invalid", undefined, "newPassword"), 15)).toEqual({
      newPassword: "This password cannot be used.",
    });
  });

  it("stands with the form otherwise", () => {
    expect(setPasswordErrors(error("password_exists"), 15).form).toMatch(/You have a password already/);
    expect(setPasswordErrors(error("unreachable"), 15).form).toMatch(/or not/);
    expect(setPasswordErrors(error("rate_limited"), 15).form).toMatch(/Too many tries/);
  });
});

describe("why a password did not sign in again", () => {
  it("stands beside the field where it is the wrong one, and with the form otherwise", () => {
    expect(signInAgainErrors(error("credentials_invalid"))).toEqual({ password: "This is not your password." });
    expect(signInAgainErrors(error("rate_limited")).form).toMatch(/Too many tries/);
  });
});
