// CLM-02: each claim is there and of its type. jose checks neither type of `sub` nor that of `jti`.

import { expect, test } from "vitest";
import { createScene, expectRefusal, expectTwinAccepted } from "../scene.ts";

const scene = await createScene();
const { verifier, claims, sign } = scene;
const names = Object.keys(claims);

test.each(names)("rejects a token without %s", async (name) => {
  const { [name]: _, ...rest } = claims as Record<string, unknown>;
  await expectRefusal(verifier.verify(await sign(rest)), "token_invalid", name);
});

test.each(
  names.flatMap((name) => [null, true, {}, [], [[]], [1], { length: 1 }].map((value) => [name, value] as const)),
)("rejects %s: %j", async (name, value) =>
  expectRefusal(verifier.verify(await sign({ ...claims, [name]: value })), "token_invalid", name),
);

test.each(["iss", "sub", "jti", "sid", "client_id", "preferred_username"])(
  "rejects an empty or numeric %s",
  async (name) => {
    for (const value of ["", 0, 1]) {
      await expectRefusal(verifier.verify(await sign({ ...claims, [name]: value })), "token_invalid", name);
    }
  },
);

test.each([" ", "a  b", " a", "a ", "a\tb", "a\nb", 'a"b', "a\\b", "é", "a,b\u0000"])(
  "rejects the scope %j",
  async (scope) => {
    await expectRefusal(verifier.verify(await sign({ ...claims, scope })), "token_invalid", "scope");
  },
);

test("TOK-11: ignores claims it does not know, and does not hand them on", async () => {
  const token = await sign({ ...claims, roles: ["admin"], email: "ada@example.com", act: { sub: "x" } });
  expect(await verifier.verify(token)).toStrictEqual(claims);
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
