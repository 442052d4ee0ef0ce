import { describe, expect, it } from "vitest";
import { isLastWayIn } from "./last-way-in";

const linked = (issuer: string, provider: string | null = "example") => ({
  issuer,
  provider,
  label: issuer,
  linkedAt: 0,
});
const one = linked("https://one.example");
const two = linked("https://two.example");
const former = linked("https://former.example", null);

describe("isLastWayIn", () => {
  it("is the only provider of somebody without a password", () => {
    expect(isLastWayIn({ password: false, providers: [one] }, one.issuer)).toBe(true);
  });

  it("is none beside a password, or beside another provider", () => {
    expect(isLastWayIn({ password: true, providers: [one] }, one.issuer)).toBe(false);
    expect(isLastWayIn({ password: false, providers: [one, two] }, one.issuer)).toBe(false);
  });

  it("does not count a provider that is not configured any more", () => {
    expect(isLastWayIn({ password: false, providers: [one, former] }, one.issuer)).toBe(true);
    expect(isLastWayIn({ password: false, providers: [one, former] }, former.issuer)).toBe(false);
  });
});
