// TOK-03: unused bits at the end of a segment give one token several spellings (RFC 4648 §3.5). Whoever lists, caches or
// revokes by text would miss the others.

import { expect, test } from "vitest";
import { signBytes } from "../../src/testing.ts";
import { base64url, createScene, expectRefusal, expectTwinAccepted, partsOf } from "../scene.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const scene = await createScene("HS256");

/** All other texts that lenient decoders take for the same bytes. */
function otherSpellings(segment: string): string[] {
  const unusedBits = { 2: 4, 3: 2 }[segment.length % 4] ?? 0;
  const last = alphabet.indexOf(segment.slice(-1));
  return Array.from({ length: 2 ** unusedBits - 1 }, (_, i) => segment.slice(0, -1) + alphabet[last + i + 1]);
}

test.each([0, 1, 2])("rejects every other spelling of segment %i", async (position) => {
  let spellings = 0;
  // Claims of three lengths, so that each segment ends in each way.
  for (const jti of ["j", "jt", "jti"]) {
    const token = await scene.sign({ ...scene.claims, jti }, { pad: jti });
    await scene.verifier.verify(token);
    const parts = partsOf(token);
    for (const spelling of otherSpellings(parts[position] ?? "")) {
      const respelt = parts.with(position, spelling).join(".");
      expect(Buffer.from(spelling, "base64url")).toEqual(Buffer.from(parts[position] ?? "", "base64url"));
      await expectRefusal(scene.verifier.verify(respelt), "token_malformed");
      spellings += 1;
    }
  }
  expect(spellings).toBeGreaterThan(0);
});

test("rejects another spelling although the signature was made over exactly that text", async () => {
  const [header, payload] = partsOf(await scene.sign({ ...scene.claims, jti: "j" }, { pad: "jt" }));
  for (const [index, segment] of [header, payload].entries()) {
    for (const spelling of otherSpellings(segment)) {
      const input = [header, payload].with(index, spelling).join(".");
      const signature = base64url(await signBytes(scene.key.signing, input));
      await expectRefusal(scene.verifier.verify(`${input}.${signature}`), "token_malformed");
    }
  }
  expect(otherSpellings(header).length + otherSpellings(payload).length).toBeGreaterThan(0);
});

test("rejects a segment of a length that no bytes have", async () => {
  const [header, payload, signature] = partsOf(scene.token);
  for (const token of [`A.${payload}.${signature}`, `${header}.AAAAA.${signature}`, `${header}.${payload}.AAAAAAAAA`]) {
    await expectRefusal(scene.verifier.verify(token), "token_malformed");
  }
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
