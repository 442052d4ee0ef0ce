// CLM-08: JSON can write numbers that are no instants. `1e999` becomes Infinity, and nothing is later than that.

import { test } from "vitest";
import { buildToken } from "../../src/testing.ts";
import { createScene, expectRefusal, expectTwinAccepted } from "../scene.ts";

const scene = await createScene();
const { signing } = scene.key;
const header = { alg: "ES256", kid: signing.kid, typ: "at+jwt" };

const notInstants = [
  "1e999",
  "-1e999",
  "1e21",
  "9007199254740993",
  "-1",
  "1.5",
  '"1800000000"',
  "null",
  "true",
  "[1]",
  "{}",
  '""',
];
const names = ["exp", "iat", "auth_time", "nbf"];

test.each(names.flatMap((name) => notInstants.map((value) => [name, value])))(
  "rejects %s: %s",
  async (name = "", value = "") => {
    const { [name]: _, ...rest } = scene.claims as Record<string, unknown>;
    const payload = JSON.stringify(rest).replace("{", `{"${name}":${value},`);
    const token = await buildToken({ header, payload, signature: signing });
    await expectRefusal(scene.verifier.verify(token), "token_invalid", name);
  },
);

test("accepts the untampered twin", () => expectTwinAccepted(scene));
