// TOK-04: a JWS in JSON may carry several signatures and an unprotected header. A JWT never is one (RFC 7519 §1).

import { test } from "vitest";
import { base64url, createScene, expectRefusal, expectTwinAccepted, partsOf } from "../scene.ts";

const scene = await createScene();
const [header, payload, signature] = partsOf(scene.token);
const flattened = { payload, protected: header, signature };

test.each([
  flattened,
  { payload, signatures: [{ protected: header, signature }] },
  { payload, signature, header: { alg: "ES256", kid: scene.key.signing.kid, typ: "at+jwt" } },
  { ...flattened, header: { kid: "another" } },
])("rejects the JSON serialization (%#)", async (jws) => {
  await expectRefusal(scene.verifier.verify(JSON.stringify(jws)), "token_malformed");
  await expectRefusal(scene.verifier.verify(base64url(JSON.stringify(jws))), "token_malformed");
  await expectRefusal(scene.verifier.verify(jws as never), "token_malformed");
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
