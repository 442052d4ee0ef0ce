// TOK-08: of two equal names one reader takes the first, another the last. The signed text must have one meaning.

import { test } from "vitest";
import { buildToken } from "../../src/testing.ts";
import { createScene, expectRefusal, expectTwinAccepted } from "../scene.ts";

const scene = await createScene();
const header = JSON.stringify({ alg: "ES256", kid: scene.key.signing.kid, typ: "at+jwt" });
const payload = JSON.stringify(scene.claims);
const signature = scene.key.signing;

function withMembers(json: string, members: string): string {
  return `{${members},${json.slice(1)}`;
}

test.each(['"alg":"none"', '"alg":"ES256"', '"\\u0061lg":"none"', '"kid":"another"', '"typ":"JWT"', '"x":1,"x":1'])(
  "rejects a header with the second member %s",
  async (members) => {
    const token = await buildToken({ header: withMembers(header, members), payload, signature });
    await expectRefusal(scene.verifier.verify(token), "token_malformed");
  },
);

test.each([
  '"sub":"somebody-else"',
  '"s\\u0075b":"somebody-else"',
  '"exp":99999999999',
  '"unknown":1,"unknown":1',
  '"deep":[{"a":{"b":1,"b":2}}]',
  '"deep":{"":0,"":0}',
  '"__proto__":1,"__proto__":2',
])("rejects claims with the second member %s", async (members) => {
  const token = await buildToken({ header, payload: withMembers(payload, members), signature });
  await expectRefusal(scene.verifier.verify(token), "token_malformed");
});

test("accepts the untampered twin, also with equal names in different objects and colons in texts", async () => {
  await expectTwinAccepted(scene);
  const token = await buildToken({
    header,
    payload: withMembers(payload, '"a":{"x":":\\":\\\\"},"b":{"x":[{"x":1},{"x":2}]}'),
    signature,
  });
  await scene.verifier.verify(token);
});
