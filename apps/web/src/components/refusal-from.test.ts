import { AuthClientError } from "@signet/client";
import { TRPCClientError } from "@trpc/client";
import { describe, expect, it } from "vitest";
import { refusalFrom } from "./refusal-from";

function answered(data: unknown): TRPCClientError<never> {
  return TRPCClientError.from({ error: { code: -32_600, message: "No.", data } } as never);
}

describe("refusalFrom", () => {
  it("finds the reason, and what goes with it", () => {
    const refusal = refusalFrom(
      answered({ reason: "password_unacceptable", problem: "too_short", field: "newPassword" }),
    );
    expect(refusal).toMatchObject({
      reason: "password_unacceptable",
      details: { problem: "too_short", field: "newPassword" },
    });
    expect(refusalFrom(answered({ reason: "busy", retryAfterSeconds: 2 }))?.details).toEqual({ retryAfterSeconds: 2 });
  });

  it("takes nothing of another shape for a detail", () => {
    const refusal = refusalFrom(answered({ reason: "busy", problem: 1, retryAfterSeconds: "2", secret: "x" }));
    expect(refusal).toMatchObject({ reason: "busy", details: {} });
  });

  it("tells a missing answer from a refusal", () => {
    expect(refusalFrom(TRPCClientError.from(new TypeError("Failed to fetch")))?.reason).toBe("unreachable");
    expect(refusalFrom(answered(undefined))?.reason).toBe("unreachable");
  });

  it("keeps what the client has said itself", () => {
    const own = new AuthClientError("superseded", "Somebody else is here now.");
    expect(refusalFrom(own)).toBe(own);
    expect(refusalFrom(TRPCClientError.from(own))).toBe(own);
  });

  it("is not made of a fault of ours", () => {
    expect(refusalFrom(new TypeError("undefined is not a function"))).toBeNull();
  });
});
