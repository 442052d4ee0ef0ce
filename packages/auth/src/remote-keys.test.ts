import { describe, expect, test } from "vitest";
import { client, countOf, createRemoteScene, down, jwksPath, never, newKey } from "../test/remote-scene.ts";
import { expectRefusal } from "../test/scene.ts";
import { signedToken, throwAwayKey } from "./testing.ts";

const hour = 60 * 60 * 1000;
const jsonOf = (body: unknown, headers: Record<string, string> = {}) => Response.json(body, { headers });

describe("the first set", () => {
  test("RS-03: a verifier that never had keys answers 503 and is not ready", async () => {
    const { verifier, issuer, told } = await createRemoteScene();
    issuer.answers.set("*", down);
    const verification = verifier.verify(await issuer.sign());
    await expect(verification).rejects.toMatchObject({ reason: "keys_unavailable", retryAfterSeconds: 1 });
    expect(verifier.status()).toMatchObject({ ready: false, keys: "missing", keysAgeMs: Infinity });
    expect(told).toEqual(["metadata: problem", "keys: problem"]);
  });

  test("those who come before it share one fetch, and are answered by it", async () => {
    const { verifier, issuer } = await createRemoteScene();
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, index) => issuer.sign({ jti: `t${index}` })));
    await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(issuer.asked).toEqual(["/.well-known/oauth-authorization-server", jwksPath]);
    expect(verifier.status()).toMatchObject({ ready: true, keys: "ok", keysAgeMs: 0, fetches: 2 });
  });

  test("while the next attempt is not due, the answer is 503 at once, with the time until then", async () => {
    const { verifier, issuer, pass } = await createRemoteScene();
    issuer.answers.set(jwksPath, down);
    const token = await issuer.sign();
    await expectRefusal(verifier.verify(token), "keys_unavailable");
    const asked = issuer.asked.length;
    await pass(999);
    await expectRefusal(verifier.verify(token), "keys_unavailable");
    expect(countOf(issuer, jwksPath)).toBe(1);
    issuer.answers.clear();
    await pass(1);
    await verifier.verify(token);
    expect(issuer.asked.length).toBeGreaterThan(asked);
  });

  test("F24: an issuer that does not answer holds up the first requests for five seconds and no longer", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({ jwksUrl: "https://issuer.example/jwks" });
    issuer.answers.set("*", never);
    let refused = false;
    const verification = expectRefusal(verifier.verify(await issuer.sign()), "keys_unavailable").finally(() => {
      refused = true;
    });
    await pass(4_999);
    expect(refused).toBe(false);
    await pass(1);
    await verification;
  });
});

describe("a good set", () => {
  test("RS-01, RS-05: is asked for anew in the background, before its time is over; no request waits", async () => {
    const { verifier, issuer, pass } = await createRemoteScene();
    const key = await newKey();
    verifier.start();
    await pass(0);
    issuer.keys.push(key);
    await pass(299_999);
    expect(countOf(issuer, jwksPath)).toBe(1);
    await pass(1);
    expect(countOf(issuer, jwksPath)).toBe(2);
    issuer.answers.set("*", () => expect.fail("the key is here already"));
    await verifier.verify(await issuer.sign({}, key));
  });

  test("is asked for up to a tenth earlier at random, and never later than the issuer said", async () => {
    for (const [random, moment] of [
      [0, 270_000],
      [0.5, 285_000],
      [1, 300_000],
    ] as const) {
      const { verifier, issuer, pass } = await createRemoteScene({ random: () => random });
      verifier.start();
      await pass(moment - 1);
      expect(countOf(issuer, jwksPath)).toBe(1);
      await pass(1);
      expect(countOf(issuer, jwksPath)).toBe(2);
      await verifier.stop();
    }
  });

  test.each([
    ["nothing", {}, 300],
    ["max-age=600", { "Cache-Control": "public, max-age=600" }, 600],
    ["max-age=600 and an Age", { "Cache-Control": "max-age=600", Age: "400" }, 200],
    ["max-age=1", { "Cache-Control": "max-age=1" }, 30],
    ["max-age of a year", { "Cache-Control": "max-age=31536000" }, 12 * 60 * 60],
    ["another directive that ends alike", { "Cache-Control": "x-max-age=31" }, 300],
  ])("with %s is kept for as long as is reasonable", async (_, headers, seconds) => {
    const { verifier, issuer, pass } = await createRemoteScene();
    issuer.answers.set(jwksPath, () => jsonOf({ keys: issuer.keys.map(({ jwk }) => jwk) }, headers));
    verifier.start();
    await pass(seconds * 1000 - 1);
    expect(countOf(issuer, jwksPath)).toBe(1);
    await pass(1);
    expect(countOf(issuer, jwksPath)).toBe(2);
  });

  test("that has not changed is not sent again, and counts as confirmed", async () => {
    const { verifier, issuer, pass } = await createRemoteScene();
    verifier.start();
    await pass(0);
    const answers: (string | null)[] = [];
    issuer.answers.set(jwksPath, (request) => {
      answers.push(request.headers.get("If-None-Match"));
      return new Response(null, { status: 304 });
    });
    await pass(301_000);
    expect(answers).toEqual([`"${issuer.keys[0]?.jwk.kid}"`]);
    expect(verifier.status()).toMatchObject({ keys: "ok", keysAgeMs: 1_000 });
    await verifier.verify(await issuer.sign());
  });

  test("F24: while a slow issuer keeps us waiting, tokens of known keys are answered at once", async () => {
    const { verifier, issuer, pass } = await createRemoteScene();
    verifier.start();
    await pass(0);
    issuer.answers.set("*", never);
    await pass(302_000);
    const before = issuer.asked.length;
    await verifier.verify(await issuer.sign());
    await verifier.verify(await issuer.sign({ jti: "another" }));
    expect(issuer.asked.length).toBe(before);
  });

  test("a key that has left the set is not accepted any more", async () => {
    const { verifier, issuer, pass } = await createRemoteScene();
    const [old] = issuer.keys;
    issuer.keys.push(await newKey());
    verifier.start();
    await pass(0);
    const token = await issuer.sign({}, old);
    await verifier.verify(token);
    issuer.keys.shift();
    await pass(300_000);
    await expectRefusal(verifier.verify(await issuer.sign({}, old)), "token_invalid", "kid");
    await verifier.verify(await issuer.sign());
  });

  test("at the edge, without timers, the request that comes when it is time begins the fetch and does not wait", async () => {
    const background: Promise<unknown>[] = [];
    const { verifier, issuer, pass, waiting } = await createRemoteScene({ waitUntil: (work) => background.push(work) });
    await verifier.verify(await issuer.sign());
    await pass(hour);
    expect(countOf(issuer, jwksPath)).toBe(1);
    expect(waiting()).toBe(0);
    issuer.answers.set("*", never);
    await verifier.verify(await issuer.sign({ jti: "another" }));
    expect(countOf(issuer, jwksPath)).toBe(2);
    expect(background).toHaveLength(2);
    await verifier.stop();
    await background[1];
  });
});

describe("an issuer that is down", () => {
  test("RS-02, F23: its tokens are accepted for a day, then 503; asked for on and on, and back at once", async () => {
    const { verifier, issuer, pass, told } = await createRemoteScene();
    verifier.start();
    await pass(0);
    issuer.answers.set("*", down);
    for (const elapsed of [60_000, hour, 23 * hour]) {
      await pass(elapsed - verifier.status().keysAgeMs);
      await verifier.verify(await issuer.sign());
    }
    expect(verifier.status()).toMatchObject({ ready: true, keys: "stale", keysAgeMs: 23 * hour });
    expect(told.filter((line) => line.startsWith("keys"))).toEqual(["keys: problem"]);
    await pass(hour);
    await verifier.verify(await issuer.sign());
    await pass(1);
    await expectRefusal(verifier.verify(await issuer.sign()), "keys_unavailable");
    expect(verifier.status()).toMatchObject({ ready: false, keys: "missing" });
    issuer.answers.clear();
    await pass(60_000);
    await verifier.verify(await issuer.sign());
    expect(verifier.status()).toMatchObject({ ready: true, keys: "ok" });
    expect(told.at(-1)).toBe("keys: recovered");
  });

  test("a token that was verified before is refused as well once the keys' time is over", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({ jwksStaleSeconds: 100 });
    const token = await issuer.sign();
    await verifier.verify(token);
    issuer.answers.set("*", down);
    await pass(100_000);
    await verifier.verify(token);
    await pass(1);
    await expectRefusal(verifier.verify(token), "keys_unavailable");
  });

  test("F23: is asked after 1, 2, 4 … seconds, at most a minute, and up to half of that earlier", async () => {
    for (const [random, moments] of [
      [1, [300, 301, 303, 307, 315, 331, 363, 423, 483]],
      [0, [270, 270.5, 271.5, 273.5, 277.5, 285.5, 301.5, 331.5, 361.5]],
    ] as const) {
      const jwksUrl = "https://issuer.example/.well-known/jwks.json";
      const { verifier, issuer, pass, monotonicMs } = await createRemoteScene({ jwksUrl, random: () => random });
      verifier.start();
      await pass(0);
      const begunAt = monotonicMs();
      const asked: number[] = [];
      issuer.answers.set("*", () => {
        asked.push((monotonicMs() - begunAt) / 1000);
        return down();
      });
      await pass(490_000);
      expect(asked.slice(0, 9)).toEqual(moments);
      await verifier.stop();
    }
  });

  test("a machine that slept learns from its clock how old the keys are", async () => {
    const { verifier, issuer, clock } = await createRemoteScene();
    const token = await issuer.sign();
    await verifier.verify(token);
    clock.advance(25 * hour);
    issuer.answers.set("*", down);
    await expectRefusal(verifier.verify(await issuer.sign()), "keys_unavailable");
  });
});

describe("an unknown key", () => {
  test("KEY-08, F20: causes one fetch, which those who come meanwhile share; the next one is refused at once", async () => {
    const { verifier, issuer } = await createRemoteScene();
    await verifier.verify(await issuer.sign());
    issuer.keys.push(await newKey());
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => issuer.sign({ jti: `t${index}` })));
    await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(countOf(issuer, jwksPath)).toBe(2);
    const foreign = await issuer.sign({}, await newKey());
    await expectRefusal(verifier.verify(foreign), "token_invalid", "kid");
    expect(countOf(issuer, jwksPath)).toBe(2);
  });

  test("KEY-08: 1,000 made-up names in ten minutes cause 20 fetches, and the twin passes throughout", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({
      jwksUrl: "https://issuer.example/.well-known/jwks.json",
    });
    issuer.maxAgeSeconds = 86_400;
    await verifier.verify(await issuer.sign());
    const { signing } = await newKey();
    for (let index = 0; index < 1_000; index++) {
      const forged = await signedToken({ ...signing, kid: `made-up-${index}` }, {});
      await expectRefusal(verifier.verify(forged), "token_invalid", "kid");
      if (index % 100 === 0) await verifier.verify(await issuer.sign());
      await pass(600);
    }
    expect(issuer.asked).toHaveLength(1 + 20);
    expect(verifier.status().unknownKids).toBe(1_000);
  });

  test("F55: tokens of a second issuer, made by mistake, are refused and counted; those of ours are neither", async () => {
    const { verifier, issuer, pass } = await createRemoteScene();
    const mistaken = await newKey();
    for (let call = 0; call < 10; call++) {
      await verifier.verify(await issuer.sign());
      await expectRefusal(verifier.verify(await issuer.sign({ jti: `t${call}` }, mistaken)), "token_invalid", "kid");
      await pass(1_000);
    }
    expect(verifier.status().unknownKids).toBe(10);
  });

  test("F19: a key that takes the place of a revoked one is waited for, while not every process of the issuer knows it", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({ client });
    verifier.start();
    await verifier.verify(await issuer.sign());
    await pass(100);
    // A stranger has just used up the look for unknown names.
    await expectRefusal(verifier.verify(await issuer.sign({}, await newKey())), "token_invalid", "kid");
    const [revoked] = issuer.keys;
    issuer.revoke("key", revoked?.verification.kid ?? "");
    await pass(200);
    const replacement = await newKey();
    const early = verifier.verify(await issuer.sign({ jti: "early" }, replacement));
    const stranger = expectRefusal(verifier.verify(await issuer.sign({}, await newKey())), "token_invalid", "kid");
    await pass(500);
    // Those who are asked now have heard of it.
    issuer.keys.push(replacement);
    await pass(200);
    expect((await early).jti).toBe("early");
    await pass(1_000);
    await stranger;
    await pass(30_000);
    const asked = countOf(issuer, jwksPath);
    for (let call = 0; call < 5; call++) {
      await expectRefusal(verifier.verify(await issuer.sign({}, await newKey())), "token_invalid", "kid");
    }
    expect(countOf(issuer, jwksPath)).toBe(asked + 1);
  });

  test("F19: the same where the key was gone from the set before the feed said why", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({ client });
    issuer.keys.push(await newKey());
    verifier.start();
    await verifier.verify(await issuer.sign());
    await pass(100);
    const [revoked] = issuer.keys.splice(0, 1);
    const replacement = await newKey();
    // Looks, and finds the set without either.
    const early = verifier.verify(await issuer.sign({ jti: "early" }, replacement));
    await pass(200);
    issuer.revoke("key", revoked?.verification.kid ?? "");
    await pass(200);
    issuer.keys.push(replacement);
    await pass(1_000);
    expect((await early).jti).toBe("early");
  });

  test("F21: a second rotation within the cool-down is known after the 30 seconds at the latest", async () => {
    const { verifier, issuer, pass } = await createRemoteScene();
    await verifier.verify(await issuer.sign());
    issuer.keys.push(await newKey());
    await verifier.verify(await issuer.sign());
    issuer.keys.push(await newKey());
    await expectRefusal(verifier.verify(await issuer.sign()), "token_invalid", "kid");
    await pass(29_999);
    await expectRefusal(verifier.verify(await issuer.sign()), "token_invalid", "kid");
    await pass(1);
    await verifier.verify(await issuer.sign());
  });

  test("waits for no more than five seconds for a slow issuer, and then is refused as unknown", async () => {
    const { verifier, issuer, pass } = await createRemoteScene();
    await verifier.verify(await issuer.sign());
    issuer.answers.set("*", never);
    const refusal = expectRefusal(verifier.verify(await issuer.sign({}, await newKey())), "token_invalid", "kid");
    await pass(5_000);
    await refusal;
    expect(verifier.status().keys).toBe("stale");
    await verifier.verify(await issuer.sign());
  });

  test("F55: tokens of another issuer with keys of its own are refused, whatever they are named", async () => {
    const { verifier, issuer } = await createRemoteScene();
    await verifier.verify(await issuer.sign());
    const foreign = await newKey();
    await expectRefusal(verifier.verify(await issuer.sign({}, foreign)), "token_invalid", "kid");
    const iss = "https://other.example";
    await expectRefusal(verifier.verify(await issuer.sign({ iss })), "token_invalid", "iss");
  });
});

describe("RS-04, F25: an answer that is no usable set does not replace the last good one, and an alarm is raised", () => {
  const jwk = async () => (await newKey()).jwk;
  const text = (body: string, type = "application/json") => new Response(body, { headers: { "Content-Type": type } });
  const answers: [name: string, answer: () => Response | Promise<Response>][] = [
    ["an empty object", () => jsonOf({})],
    ["no keys", () => jsonOf({ keys: [] })],
    ["keys that are no objects", () => jsonOf({ keys: [1] })],
    ["a list", () => jsonOf([])],
    ["HTML", () => text("<!doctype html><title>Soon back</title>", "text/html")],
    ["JSON that calls itself HTML", async () => text(JSON.stringify({ keys: [await jwk()] }), "text/html")],
    ["HTML that calls itself JSON", () => text("<!doctype html>")],
    ["truncated JSON", async () => text(JSON.stringify({ keys: [await jwk()] }).slice(0, -2))],
    ["nothing", () => text("")],
    ["10 MB", async () => jsonOf({ keys: [await jwk()], padding: "x".repeat(10_000_000) })],
    ["one byte over the limit", async () => text(JSON.stringify({ keys: [await jwk()] }).padEnd(256 * 1024 + 1))],
    ["status 500", async () => Response.json({ keys: [await jwk()] }, { status: 500 })],
    ["status 203", async () => Response.json({ keys: [await jwk()] }, { status: 203 })],
    ["a private key", async () => jsonOf({ keys: [(await newKey()).privateJwk] })],
    ["a symmetric key", () => jsonOf({ keys: [{ kty: "oct", k: "AA", kid: "k" }] })],
    [
      "two keys of one name",
      async () =>
        jsonOf({
          keys: [
            { ...(await jwk()), kid: "k" },
            { ...(await jwk()), kid: "k" },
          ],
        }),
    ],
    ["keys of an algorithm that is not accepted", async () => jsonOf({ keys: [(await throwAwayKey("Ed25519")).jwk] })],
    ["keys that are not for signatures", async () => jsonOf({ keys: [{ ...(await jwk()), use: "enc" }] })],
    ["a member twice", async () => text(`{"keys":[],"keys":[${JSON.stringify(await jwk())}]}`)],
    ["304 to a question without a condition", () => new Response(null, { status: 304 })],
  ];

  test.each(answers)("%s", async (name, answer) => {
    const { verifier, issuer, pass, told } = await createRemoteScene();
    verifier.start();
    await pass(0);
    issuer.answers.set(jwksPath, (request) => {
      if (name.startsWith("304") && request.headers.has("If-None-Match")) return new Response(null, { status: 412 });
      return answer();
    });
    await pass(400_000);
    expect(told).toEqual(["keys: problem"]);
    expect(verifier.status()).toMatchObject({ ready: true, keys: "stale", keysAgeMs: 400_000 });
    await verifier.verify(await issuer.sign());
    issuer.answers.clear();
    await pass(60_000);
    expect(told).toEqual(["keys: problem", "keys: recovered"]);
    expect(verifier.status().keys).toBe("ok");
  });

  test("F47: a redirect, which is not followed", async () => {
    const { verifier, issuer, pass, told } = await createRemoteScene();
    verifier.start();
    await pass(0);
    issuer.answers.set(jwksPath, () => Response.redirect("http://127.0.0.1:9/jwks.json", 302));
    await pass(300_000);
    expect(told).toEqual(["keys: problem"]);
    expect(new Set(issuer.asked)).toEqual(new Set(["/.well-known/oauth-authorization-server", jwksPath]));
    await verifier.verify(await issuer.sign());
  });

  test("a set without any key that was known is used beside the last good one until no token of that can be alive, with an alarm", async () => {
    const { verifier, issuer, pass, told } = await createRemoteScene();
    const known = issuer.keys;
    verifier.start();
    await pass(0);
    const others = [await newKey()];
    issuer.keys = others;
    await pass(300_000);
    expect(told).toEqual(["keys: problem"]);
    expect(verifier.status()).toMatchObject({ keys: "stale", keysAgeMs: 0 });
    await verifier.verify(await issuer.sign({}, known[0]));
    await verifier.verify(await issuer.sign({}, others[0]));
    // 900 s are the longest life of a token, 120 s are for clocks.
    await pass(1_020_000 - 1);
    await verifier.verify(await issuer.sign({}, known[0]));
    await pass(60_000);
    await expectRefusal(verifier.verify(await issuer.sign({}, known[0])), "token_invalid", "kid");
    await verifier.verify(await issuer.sign({}, others[0]));
    expect(told).toEqual(["keys: problem", "keys: recovered"]);
    expect(verifier.status().keys).toBe("ok");
  });

  test("two such sets, one after the other, begin the time anew; the last good one outlives neither its own", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({ jwksStaleSeconds: 60 * 60 });
    const known = issuer.keys;
    verifier.start();
    await pass(0);
    for (let change = 0; change < 3; change += 1) {
      issuer.keys = [await newKey()];
      await pass(900_000);
      await verifier.verify(await issuer.sign({}, known[0]));
    }
    issuer.keys = [await newKey()];
    // Not confirmed since the first answer: its hour begins there, and does not begin again.
    await pass(900_000 + 60_000);
    await expectRefusal(verifier.verify(await issuer.sign({}, known[0])), "token_invalid", "kid");
  });

  test("a mistaken set goes as soon as the right one is back", async () => {
    const { verifier, issuer, pass, told } = await createRemoteScene();
    const known = issuer.keys;
    verifier.start();
    await pass(0);
    const mistaken = [await newKey()];
    issuer.keys = mistaken;
    await pass(300_000);
    issuer.keys = known;
    await pass(60_000);
    expect(told).toEqual(["keys: problem", "keys: recovered"]);
    await verifier.verify(await issuer.sign({}, known[0]));
    await expectRefusal(verifier.verify(await issuer.sign({}, mistaken[0])), "token_invalid", "kid");
  });
});
