// KEY-14: signatures of zero, or of the group's order, which is zero again, once proved any text (CVE-2022-21449).

import { test, vi } from "vitest";
import { p256Order, toBytes } from "../../src/ecdsa-signature.ts";
import { base64url, createScene, expectRefusal, expectTwinAccepted, fromBase64url, partsOf } from "../scene.ts";

const scene = await createScene();
const [header, payload, segment] = partsOf(scene.token);
const r = BigInt(`0x${Buffer.from(fromBase64url(segment).subarray(0, 32)).toString("hex")}`);
const field = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const special = [0n, 1n, p256Order - 1n, p256Order, p256Order + 1n, field, field - 1n, 2n ** 256n - 1n, r];

test.each(special.flatMap((first) => special.map((second) => [first, second] as const)))(
  "rejects r = %i, s = %i",
  async (first, second) => {
    const signature = base64url(new Uint8Array([...toBytes(first, 32), ...toBytes(second, 32)]));
    await expectRefusal(scene.verifier.verify(`${header}.${payload}.${signature}`), "token_invalid");
  },
);

test.each(["Ed25519", "HS256", "RS256"] as const)("rejects zeros as an %s signature", async (algorithm) => {
  const other = await createScene(algorithm);
  const [head, body, right] = partsOf(other.token);
  const zeros = base64url(new Uint8Array(fromBase64url(right).length));
  await expectRefusal(other.verifier.verify(`${head}.${body}.${zeros}`), "token_invalid");
  await expectTwinAccepted(other);
});

test("rejects them also on a runtime whose own check forgot zero", async () => {
  const forgetful = vi.spyOn(crypto.subtle, "verify").mockResolvedValue(true);
  try {
    for (const [first, second] of [
      [0n, 0n],
      [0n, 1n],
      [1n, 0n],
      [p256Order, 1n],
      [1n, p256Order],
    ] as const) {
      const signature = base64url(new Uint8Array([...toBytes(first, 32), ...toBytes(second, 32)]));
      await expectRefusal(scene.verifier.verify(`${header}.${payload}.${signature}`), "token_invalid");
    }
  } finally {
    forgetful.mockRestore();
  }
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
