// POP-07's other half: a token bound to a key proves nothing when it is merely borne, so the thief of one gets nowhere.

import { test } from "vitest";
import { createScene, expectRefusal, expectTwinAccepted } from "../scene.ts";

const scene = await createScene();

test.each([{ jkt: "thumbprint" }, { "x5t#S256": "thumbprint" }, { jwk: {} }, {}, null, "text", [], false])(
  "rejects a token with cnf %j",
  async (cnf) =>
    expectRefusal(scene.verifier.verify(await scene.sign({ ...scene.claims, cnf })), "token_invalid", "cnf"),
);

test("accepts the untampered twin", () => expectTwinAccepted(scene));
