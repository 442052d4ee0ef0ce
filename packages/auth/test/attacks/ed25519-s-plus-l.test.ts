// KEY-15: S and S + L prove the same to a verifier that forgets to compare S with L (RFC 8032 §5.1.7).

import { expect, test } from "vitest";
import { base64url, createScene, expectRefusal, expectTwinAccepted, fromBase64url, partsOf } from "../scene.ts";

const scene = await createScene("Ed25519");
const [header, payload, segment] = partsOf(scene.token);
const signature = fromBase64url(segment);
const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Ed25519 writes integers with the lowest byte first. */
function withS(s: bigint): string {
  const bytes = Uint8Array.from(Buffer.from(s.toString(16).padStart(64, "0"), "hex")).toReversed();
  expect(bytes.length).toBe(32);
  return `${header}.${payload}.${base64url(new Uint8Array([...signature.subarray(0, 32), ...bytes]))}`;
}

const s = BigInt(`0x${Buffer.from(signature.subarray(32).toReversed()).toString("hex")}`);

test.each([1n, 2n, 3n, 7n])("rejects S + %i L", (times) =>
  expectRefusal(scene.verifier.verify(withS(s + times * groupOrder)), "token_invalid"),
);

test.each([0n, 1n, groupOrder - 1n, groupOrder, groupOrder - s])("rejects another S", (other) =>
  expectRefusal(scene.verifier.verify(withS(other)), "token_invalid"),
);

test("rejects a signature of another length", async () => {
  for (const bytes of [signature.subarray(0, 63), new Uint8Array([...signature, 0])]) {
    await expectRefusal(scene.verifier.verify(`${header}.${payload}.${base64url(bytes)}`), "token_invalid");
  }
});

test("KEY-23: rejects the old algorithm name EdDSA, rightly signed", async () => {
  const token = await scene.sign(scene.claims, { alg: "EdDSA" });
  await expectRefusal(scene.verifier.verify(token), "token_invalid", "alg");
});

test("accepts the untampered twin, which the same code wrote", async () => {
  expect(withS(s)).toBe(scene.token);
  await expectTwinAccepted(scene);
});
