// KEY-14: an ES256 signature is exactly R ‖ S in 64 octets; DER is how other protocols write it (RFC 7518 §3.4).

import { test, vi } from "vitest";
import { base64url, createScene, expectRefusal, expectTwinAccepted, fromBase64url, partsOf } from "../scene.ts";

const scene = await createScene();
const [header, payload, segment] = partsOf(scene.token);
const signature = fromBase64url(segment);
const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];

function derInteger(bytes: Uint8Array): number[] {
  const first = bytes.findIndex((byte) => byte !== 0);
  const trimmed = [...bytes.subarray(first)];
  const value = (trimmed[0] ?? 0) > 127 ? [0, ...trimmed] : trimmed;
  return [2, value.length, ...value];
}

const der = [...derInteger(r), ...derInteger(s)];

test.each<[string, number[]]>([
  ["in DER", [0x30, der.length, ...der]],
  ["in DER, filled up to 64 octets", [0x30, der.length, ...der].slice(0, 64)],
  ["one octet short", [...signature.subarray(0, 63)]],
  ["one octet long", [...signature, 0]],
  ["with a leading zero for each half", [0, ...r, 0, ...s]],
  ["the two halves exchanged", [...s, ...r]],
  ["R alone", [...r]],
  ["twice", [...signature, ...signature]],
])("rejects the right signature %s", async (_, bytes) => {
  const token = `${header}.${payload}.${base64url(Uint8Array.from(bytes))}`;
  await expectRefusal(scene.verifier.verify(token), "token_invalid");
});

test("rejects another length also on a runtime that would take it", async () => {
  const lenient = vi.spyOn(crypto.subtle, "verify").mockResolvedValue(true);
  try {
    for (const bytes of [[0x30, der.length, ...der], signature.subarray(0, 63), [...signature, 0]]) {
      const token = `${header}.${payload}.${base64url(Uint8Array.from(bytes))}`;
      await expectRefusal(scene.verifier.verify(token), "token_invalid");
    }
  } finally {
    lenient.mockRestore();
  }
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
