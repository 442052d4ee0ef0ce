import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { createVerifier, type VerifierCrypto } from "./verifier.ts";

/** The bytes are known, the hash is real. */
const drawing = (bytes: ArrayLike<number>): VerifierCrypto => ({
  getRandomValues: (into) => into.set(bytes),
  subtle: globalThis.crypto.subtle,
});

describe("a verifier", () => {
  it("is made, and hashed, as in the example of RFC 7636 Appendix B", async () => {
    const octets = [
      116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240,
      91, 88, 5, 88, 83, 132, 141, 121,
    ];
    expect(await createVerifier(drawing(octets))).toEqual({
      verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
      challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    });
  });

  it("is 43 characters of base64url, whatever was drawn, and so is its challenge", async () => {
    const draws: Uint8Array[] = [];
    assert(property(uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => void draws.push(bytes)));
    for (const bytes of draws) {
      const { verifier, challenge } = await createVerifier(drawing(bytes));
      expect([verifier, challenge].join(" ")).toMatch(/^[A-Za-z0-9_-]{43} [A-Za-z0-9_-]{43}$/);
      expect(Buffer.from(verifier, "base64url")).toEqual(Buffer.from(bytes));
    }
  });

  it("is another one each time", async () => {
    const drawn = await Promise.all(Array.from({ length: 100 }, () => createVerifier()));
    expect(new Set(drawn.map(({ verifier }) => verifier)).size).toBe(100);
  });

  it("needs a secure context, and says so", async () => {
    const crypto: VerifierCrypto = { ...drawing([]), subtle: undefined };
    await expect(createVerifier(crypto)).rejects.toMatchObject({
      reason: "unsupported",
      details: { problem: "no_secure_context" },
      message: expect.stringContaining("https"),
    });
  });
});
