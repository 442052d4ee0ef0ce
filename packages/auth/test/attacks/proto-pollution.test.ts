// TOK-13: `__proto__` and its relatives, as names or values, change no prototype, select no key and become no claim.

import { afterEach, expect, test } from "vitest";
import { buildToken } from "../../src/testing.ts";
import { createScene, expectRefusal, expectTwinAccepted } from "../scene.ts";

const scene = await createScene();
const signature = scene.key.signing;
const header = JSON.stringify({ alg: "ES256", kid: signature.kid, typ: "at+jwt" });
const payload = JSON.stringify(scene.claims);
const pollution = '"__proto__":{"polluted":true,"kid":"x"},"constructor":{"prototype":{"polluted":true}},"toString":1,';

function expectCleanPrototypes(): void {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
}

afterEach(expectCleanPrototypes);

test("ignores such members in header and claims, and hands none of them on", async () => {
  const token = await buildToken({
    header: header.replace("{", `{${pollution}`),
    payload: payload.replace("{", `{${pollution}`),
    signature,
  });
  const claims = await scene.verifier.verify(token);
  expect(claims).toStrictEqual(scene.claims);
  expect(Object.keys(claims)).toHaveLength(12);
  expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
});

test("rejects claims and header parameters that stand only in a __proto__ member", async () => {
  const inherited = await buildToken({ header, payload: `{"__proto__":${payload}}`, signature });
  await expectRefusal(scene.verifier.verify(inherited), "token_invalid", "iss");
  const kidless = header.replace('"kid"', '"__proto__":{"kid":"x"},"kidd"');
  await expectRefusal(
    scene.verifier.verify(await buildToken({ header: kidless, payload, signature })),
    "token_invalid",
    "kid",
  );
});

test("an absent claim stays absent when Object.prototype was polluted by somebody else", async () => {
  const { sub: _, ...rest } = scene.claims;
  const withoutSub = await scene.sign(rest);
  const everyObject: object = Object.getPrototypeOf({});
  Object.defineProperty(everyObject, "sub", { value: "admin", configurable: true });
  try {
    await expectRefusal(scene.verifier.verify(withoutSub), "token_invalid", "sub");
  } finally {
    Reflect.deleteProperty(everyObject, "sub");
  }
});

test.each(["__proto__", "constructor", "toString"])("takes %s as a value for mere text", async (text) => {
  const claims = { ...scene.claims, sub: text, preferred_username: text };
  expect(await scene.verifier.verify(await scene.sign(claims))).toEqual(claims);
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
