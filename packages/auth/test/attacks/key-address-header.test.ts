// KEY-06: `jku` and `x5u` say where the key is to be had. Whoever follows them lets a stranger choose the key, and what
// our machine connects to.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildToken, throwAwayKey } from "../../src/testing.ts";
import { createScene, expectRefusal, expectTwinAccepted } from "../scene.ts";

const scene = await createScene();
const attacker = await throwAwayKey("ES256");
let requests = 0;
const listener = createServer((_, response) => {
  requests += 1;
  response.end(JSON.stringify({ keys: [attacker.jwk] }));
});
let address = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/jwks.json`;
});
afterAll(() => new Promise((resolve) => listener.close(resolve)));

test("the listener listens, so that its silence means something", async () => {
  await fetch(address);
  expect(requests).toBe(1);
  requests = 0;
});

test.each(["jku", "x5u"])(
  "rejects a token whose key is to be fetched from its %s, which sees no request",
  async (name) => {
    for (const kid of [attacker.signing.kid, scene.key.signing.kid]) {
      const header = { alg: "ES256", kid, typ: "at+jwt", [name]: address };
      const forged = await buildToken({ header, payload: scene.claims, signature: attacker.signing });
      await expectRefusal(
        scene.verifier.verify(forged),
        "token_invalid",
        kid === attacker.signing.kid ? "kid" : undefined,
      );
    }
    expect(requests).toBe(0);
  },
);

test("accepts the untampered twin, also with the address in it, which sees no request either", async () => {
  await expectTwinAccepted(scene);
  const token = await scene.sign(scene.claims, { jku: address, x5u: address });
  expect(await scene.verifier.verify(token)).toEqual(scene.claims);
  expect(requests).toBe(0);
});
