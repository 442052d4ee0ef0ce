// TOK-01, TOK-02: nothing but three segments of the base64url alphabet and two dots.

import { test } from "vitest";
import { signBytes } from "../../src/testing.ts";
import { base64url, createScene, expectRefusal, expectTwinAccepted, partsOf } from "../scene.ts";

const scene = await createScene();
const [header, payload, signature] = partsOf(scene.token);
const strange = [
  " ",
  "\n",
  "\r\n",
  "\t",
  "\0",
  "=",
  "==",
  "+",
  "/",
  "?",
  "{",
  '"',
  "'",
  "%41",
  "\u00a0",
  "\ufeff",
  "\u200b",
  "é",
  "Ａ",
  "😀",
];

test.each(strange)("rejects %j anywhere in a token", async (text) => {
  const tokens = [
    `${text}${scene.token}`,
    `${scene.token}${text}`,
    ...[header, payload, signature].flatMap((segment, index) => {
      const middle = Math.floor(segment.length / 2);
      const parts = [header, payload, signature];
      return [
        parts.with(index, text + segment).join("."),
        parts.with(index, segment + text).join("."),
        parts.with(index, segment.slice(0, middle) + text + segment.slice(middle)).join("."),
        parts.with(index, text).join("."),
      ];
    }),
  ];
  for (const token of tokens) await expectRefusal(scene.verifier.verify(token), "token_malformed");
});

test("rejects padding that was there when the token was signed", async () => {
  const padded = `${header}==.${payload}=`;
  const signed = `${padded}.${base64url(await signBytes(scene.key.signing, padded))}`;
  await expectRefusal(scene.verifier.verify(signed), "token_malformed");
});

test("rejects the ordinary base64 alphabet", async () => {
  const token = [header, payload, signature]
    .map((segment) => Buffer.from(segment, "base64url").toString("base64"))
    .join(".");
  await expectRefusal(scene.verifier.verify(token), "token_malformed");
});

test.each([
  "",
  ".",
  "..",
  "...",
  header,
  `${header}.${payload}`,
  `${header}.${payload}.`,
  `${header}..${signature}`,
  `.${payload}.${signature}`,
  `${header}.${payload}.${signature}.`,
  `.${header}.${payload}.${signature}`,
  `${header}.${payload}.${signature}.${signature}`,
  `${header} ${payload} ${signature}`,
])("rejects what is not three non-empty segments (%#)", (token) =>
  expectRefusal(scene.verifier.verify(token), "token_malformed"),
);

test("accepts the untampered twin", () => expectTwinAccepted(scene));
