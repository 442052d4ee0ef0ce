// TOK-07: header and payload are one JSON object in valid UTF-8, and nothing else. All of these are rightly signed.

import { test } from "vitest";
import { buildToken } from "../../src/testing.ts";
import { createScene, expectRefusal, expectTwinAccepted } from "../scene.ts";

const scene = await createScene();
const signature = scene.key.signing;
const header = JSON.stringify({ alg: "ES256", kid: signature.kid, typ: "at+jwt" });
const payload = JSON.stringify(scene.claims);

const spoilt: [string, (json: string) => string | Uint8Array][] = [
  ["a byte order mark", (json) => `\ufeff${json}`],
  ["UTF-16", (json) => new Uint8Array(Buffer.from(json, "utf16le"))],
  ["UTF-16 with a mark", (json) => new Uint8Array(Buffer.from(`\ufeff${json}`, "utf16le"))],
  ["a byte that is no UTF-8", (json) => bytes(json.replace("}", ',"x":"'), [0xff], '"}')],
  ["an overlong encoding", (json) => bytes(json.replace("}", ',"x":"'), [0xc0, 0x80], '"}')],
  ["an encoded surrogate", (json) => bytes(json.replace("}", ',"x":"'), [0xed, 0xa0, 0x80], '"}')],
  ["a cut character", (json) => bytes(json.replace("}", ',"x":"'), [0xe2, 0x82], '"}')],
  ["an escaped lone surrogate", (json) => json.replace("}", ',"x":"\\ud800"}')],
  ["a lone surrogate in a name", (json) => json.replace("}", ',"\\udc00":1}')],
  ["text after the object", (json) => `${json}x`],
  ["a second object", (json) => json + json],
  ["a NUL after the object", (json) => `${json}\0`],
  ["a comment", (json) => `/**/${json}`],
  ["a trailing comma", (json) => json.replace("}", ",}")],
  ["single quotes", (json) => json.replaceAll('"', "'")],
  ["a list around it", (json) => `[${json}]`],
  ["a string around it", (json) => JSON.stringify(json)],
  ["null", () => "null"],
  ["a number", () => "1"],
  ["true", () => "true"],
  ["a space", () => " "],
  ["half of it", (json) => json.slice(0, json.length / 2)],
];

test.each(spoilt)("rejects a header with %s", async (_, spoil) => {
  const token = await buildToken({ header: spoil(header), payload, signature });
  await expectRefusal(scene.verifier.verify(token), "token_malformed");
});

test.each(spoilt)("rejects a payload with %s", async (_, spoil) => {
  const token = await buildToken({ header, payload: spoil(payload), signature });
  await expectRefusal(scene.verifier.verify(token), "token_malformed");
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));

function bytes(before: string, middle: number[], after: string): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from(before), Buffer.from(middle), Buffer.from(after)]));
}
