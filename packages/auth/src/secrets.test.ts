import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkSecret, deriveBytes, secretId } from "./secrets.ts";

describe("checkSecret (KEY-04)", () => {
  test.each(["base64", "base64url", "hex"] as const)("takes 32 random bytes as %s, whatever they are", (encoding) => {
    for (let round = 0; round < 2000; round++)
      expect(() => checkSecret(randomBytes(32).toString(encoding))).not.toThrow();
  });

  test.each([undefined, null, 1, {}, "", " ".repeat(40), "\n\n\n"])("refuses %j: empty", (secret) => {
    expect(() => checkSecret(secret)).toThrow(/empty/);
  });

  test("refuses less than 32 bytes; bytes count, not characters", () => {
    const secret = randomBytes(24).toString("base64").slice(0, 31);
    expect(() => checkSecret(secret)).toThrow(/shorter than 32 bytes/);
    expect(() => checkSecret(`${secret.slice(0, 30)}é`)).not.toThrow();
  });

  test.each([
    "change-me-change-me-change-me-change-me",
    "CHANGE_ME_PLEASE_THIS_IS_NOT_A_SECRET",
    "your-super-secret-key-at-least-32-characters-long",
    "replace-this-with-a-random-32-byte-string",
    "development-secret-development-secret",
    "<insert your very long random secret value here>",
    "test-test-test-test-test-test-test-secret",
    "-----------------------------------------",
  ])("refuses the placeholder %s", (secret) => {
    expect(() => checkSecret(secret)).toThrow(/placeholder/);
  });

  test.each([
    "0".repeat(64),
    "ab".repeat(20),
    "0123456789abcdef0123456789abcdef",
    "deadbeefdeadbeefdeadbeefdeadbeef",
    "abcdefghijklmnopqrstuvwxyz012345",
    "12345678901234567890123456789012",
    "qwertyuiopqwertyuiopqwertyuiopqwertyuiop",
  ])("refuses the pattern %s", (secret) => {
    expect(() => checkSecret(secret)).toThrow(/variety/);
  });

  test("KEY-20: no message repeats the secret", () => {
    for (const secret of ["canary", "canary".repeat(8), "changeme-canary-changeme-changeme-changeme"]) {
      expect(() => checkSecret(secret)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("canary") }),
      );
    }
  });
});

describe("secretId", () => {
  test("names the same secret alike and others otherwise, and is no plain hash of it", () => {
    const secret = randomBytes(32).toString("base64");
    expect(secretId(secret)).toBe(secretId(secret));
    expect(secretId(secret)).toMatch(/^[\w-]{16}$/);
    expect(secretId(secret)).not.toBe(secretId(`${secret}x`));
    for (const algorithm of ["sha1", "sha256", "sha512"]) {
      expect(createHash(algorithm).update(secret).digest("base64url")).not.toContain(secretId(secret));
    }
  });
});

describe("deriveBytes", () => {
  test("is HKDF-SHA-256: RFC 5869 A.3", () => {
    const bytes = deriveBytes({ secret: new Uint8Array(22).fill(0x0b), label: "", length: 42 });
    expect(bytes.toString("hex")).toBe(
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    );
  });

  test("gives unrelated bytes for every label and salt", () => {
    const secret = randomBytes(32).toString("base64");
    const [salt, other] = [randomBytes(32), randomBytes(32)];
    const derived = [
      deriveBytes({ secret, label: "a", length: 32 }),
      deriveBytes({ secret, label: "b", length: 32 }),
      deriveBytes({ secret, label: "a", length: 32, salt }),
      deriveBytes({ secret, label: "a", length: 32, salt: other }),
    ].map((bytes) => bytes.toString("hex"));
    expect(new Set(derived).size).toBe(derived.length);
  });
});
