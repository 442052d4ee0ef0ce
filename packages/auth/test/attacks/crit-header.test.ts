// TOK-09: `crit` says "refuse me unless you understand this". We implement no extension, so every such token is refused.

import { test } from "vitest";
import { createScene, expectRefusal, expectTwinAccepted } from "../scene.ts";

const scene = await createScene();

test.each([
  [["exp"], { exp: 1 }],
  [["b64"], { b64: true }],
  [["http://openid.example/must-understand"], { "http://openid.example/must-understand": true }],
  [["absent"], {}],
  [["alg"], {}],
  [["exp", "exp"], { exp: 1 }],
  [[""], {}],
  [[], {}],
  [null, {}],
  ["exp", { exp: 1 }],
  [{ 0: "exp" }, { exp: 1 }],
  [false, {}],
  [[["exp"]], { exp: 1 }],
])("rejects crit %j", async (crit, parameters) => {
  const token = await scene.sign(scene.claims, { ...parameters, crit });
  await expectRefusal(scene.verifier.verify(token), "token_invalid", "crit");
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
