// The server's hand-over codes on paper: each good for one verifier, once, and a repetition ends the session that it began.

import { createHash } from "node:crypto";
import type { createFakeSessions, TestPerson } from "./fake-sessions.ts";

interface FakeCode {
  challenge: string;
  person: TestPerson | null;
  goodUntilMs: number;
  /** The session that it has begun, or what else it was used for. */
  usedFor: string | undefined;
}

export interface FakeHandOversOptions {
  clock: { trueMs(): number };
  sessions: ReturnType<typeof createFakeSessions>;
  ok: (data: unknown) => Response;
  refusal: (status: number, reason: string, more?: Record<string, unknown>) => Response;
}

/** BASE64URL(SHA-256(text)): a challenge, or anything else of 43 characters. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

const codeGoodMs = 60_000;
const nameGoodMs = 10 * 60_000;

export function createFakeHandOvers({ clock, sessions, ok, refusal }: FakeHandOversOptions) {
  const codes = new Map<string, FakeCode>();
  const thefts: string[] = [];
  const taken = new Set(["taken"]);

  /** The code, where this verifier and the time are right; a repetition costs the session. */
  function found(body: Record<string, unknown>): FakeCode | undefined {
    const code = codes.get(String(body["code"]));
    const challenge = hashOf(String(body["verifier"]));
    if (code === undefined || code.challenge !== challenge || clock.trueMs() > code.goodUntilMs) return undefined;
    if (code.usedFor === undefined) return code;
    thefts.push(code.usedFor);
    sessions.end(code.usedFor);
    return undefined;
  }

  function begin(code: FakeCode, person: TestPerson, body: Record<string, unknown>): Response {
    const issued = sessions.issue(person, body["refreshToken"]);
    code.usedFor = issued.sessionId;
    return issued.answer;
  }

  function redeem(body: Record<string, unknown>): Response {
    const code = found(body);
    if (code === undefined) return refusal(400, "code_invalid");
    if (code.person !== null) return begin(code, code.person, body);
    code.goodUntilMs = clock.trueMs() + nameGoodMs;
    return refusal(409, "username_needed", { suggestion: "grace" });
  }

  function signUp(body: Record<string, unknown>): Response {
    const code = found(body);
    const username = String(body["username"]);
    if (code === undefined) return refusal(400, "code_invalid");
    if (!/^\w+$/.test(username)) return refusal(400, "input_invalid", { field: "username" });
    if (taken.has(username)) return refusal(409, "username_taken");
    return begin(code, { subject: `sub-${username}`, username, sessionId: `sid-${username}` }, body);
  }

  function link(body: Record<string, unknown>, token: string): Response {
    const reason = sessions.refusalOf(token);
    if (reason !== undefined) return refusal(401, reason, { retry: true });
    const code = found(body);
    if (code === undefined) return refusal(400, "code_invalid");
    code.usedFor = "a link";
    return ok({ issuer: "https://id.example", label: "Example ID" });
  }

  return {
    thefts,
    /**
     * The browser went to this address, and the provider has sent somebody back; null is somebody without an account.
     *
     * @returns the code in the address that the browser is sent to.
     */
    grant(startUrl: string | undefined, person: TestPerson | null): string {
      const code = hashOf(`code ${codes.size}`);
      const challenge = new URL(startUrl ?? "").searchParams.get("challenge") ?? "";
      codes.set(code, { challenge, person, goodUntilMs: clock.trueMs() + codeGoodMs, usedFor: undefined });
      return code;
    },
    /** Undefined where the request is not about hand-over codes. */
    answer(path: string, body: Record<string, unknown>, token: string): Response | undefined {
      if (path === "auth.redeem") return redeem(body);
      if (path === "auth.signUpWithProvider") return signUp(body);
      return path === "auth.linkProvider" ? link(body, token) : undefined;
    },
  };
}
