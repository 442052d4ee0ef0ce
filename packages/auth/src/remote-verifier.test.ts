import { describe, expect, test } from "vitest";
import {
  client,
  countOf,
  createRemoteScene,
  down,
  jwksPath,
  metadataPath,
  never,
  revocationsPath,
} from "../test/remote-scene.ts";
import { expectRefusal, issuer as issuerUrl } from "../test/scene.ts";
import { createRemoteVerifier } from "./remote-verifier.ts";
import { signedToken, throwAwayKey } from "./testing.ts";

describe("the path of a request", () => {
  test("RS-01: 10,000 verifications of a warm verifier send nothing", async () => {
    const { verifier, issuer, settle } = await createRemoteScene({ client });
    verifier.start();
    await settle();
    const tokens = await Promise.all(Array.from({ length: 100 }, (_, index) => issuer.sign({ jti: `t${index}` })));
    const before = verifier.status().fetches;
    for (let round = 0; round < 100; round++) await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(verifier.status().fetches).toBe(before);
    expect(issuer.asked).toHaveLength(before);
  });

  test("RS-02, F26: with the issuer gone altogether tokens are accepted, and what was revoked stays refused", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({ client });
    verifier.start();
    await pass(0);
    issuer.revoke("session", "ended");
    await pass(200);
    issuer.answers.set("*", down);
    await pass(10 * 60 * 1000);
    await verifier.verify(await issuer.sign());
    await expectRefusal(verifier.verify(await issuer.sign({ sid: "ended" })), "token_revoked");
    expect(verifier.status()).toMatchObject({ ready: true, keys: "stale", revocations: "stale", revocationEntries: 1 });
  });
});

describe("revocations", () => {
  test("a session that ends is refused as soon as the issuer tells; nobody has to ask twice", async () => {
    const { verifier, issuer, pass, settle } = await createRemoteScene({ client });
    verifier.start();
    await pass(1_000);
    const token = await issuer.sign({ sid: "s" });
    await verifier.verify(token);
    expect(issuer.held).toBe(1);
    issuer.revoke("session", "s");
    await settle();
    await expectRefusal(verifier.verify(token), "token_revoked");
    expect(verifier.status()).toMatchObject({ revocations: "ok", revocationEntries: 1 });
  });

  test("KEY-19: a revoked key is refused although the set still has it", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({ client });
    verifier.start();
    await pass(1_000);
    const token = await issuer.sign();
    await verifier.verify(token);
    issuer.revoke("key", issuer.keys[0]?.signing.kid ?? "");
    await pass(100);
    await expectRefusal(verifier.verify(token), "token_revoked");
    await expectRefusal(verifier.verify(await issuer.sign({ jti: "another" })), "token_revoked");
    expect(verifier.status().keys).toBe("ok");
  });

  test("a single token that is revoked takes no other along", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({ client });
    issuer.revoke("token", "t");
    verifier.start();
    await pass(0);
    await expectRefusal(verifier.verify(await issuer.sign({ jti: "t" })), "token_revoked");
    await verifier.verify(await issuer.sign({ jti: "another" }));
  });

  test("without credentials they are not followed, and the status says so", async () => {
    const { verifier, issuer, pass } = await createRemoteScene();
    issuer.revoke("session", "s");
    verifier.start();
    await pass(60_000);
    await verifier.verify(await issuer.sign({ sid: "s" }));
    expect(verifier.revocations).toBeUndefined();
    expect(verifier.status()).toMatchObject({
      ready: true,
      revocations: "not followed",
      revocationsAgeMs: Infinity,
      revocationEntries: 0,
    });
    expect(countOf(issuer, revocationsPath)).toBe(0);
  });

  test("F31: with credentials it is not ready until the whole list was here", async () => {
    const { verifier, issuer, pass, told } = await createRemoteScene({ client });
    issuer.answers.set(revocationsPath, down);
    verifier.start();
    await pass(10_000);
    expect(verifier.status()).toMatchObject({ ready: false, keys: "ok", revocations: "missing" });
    expect(told).toEqual(["revocations: problem"]);
    issuer.answers.clear();
    await pass(2_000);
    expect(verifier.status()).toMatchObject({ ready: true, revocations: "ok" });
    expect(told).toEqual(["revocations: problem", "revocations: recovered"]);
  });

  test.each([true, false])(
    "a request that comes before the list waits for the first attempt (started: %s)",
    async (isStarted) => {
      const { verifier, issuer } = await createRemoteScene({ client });
      issuer.revoke("session", "s");
      if (isStarted) verifier.start();
      await expectRefusal(verifier.verify(await issuer.sign({ sid: "s" })), "token_revoked");
      expect(countOf(issuer, revocationsPath)).toBe(1);
    },
  );

  test("F31: also where the list takes longer than the keys: nothing passes unknown", async () => {
    const { verifier, issuer } = await createRemoteScene({ client });
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const entries = [{ seq: 1, kind: "session", id: "s", expires_at: null }];
    issuer.answers.set(revocationsPath, async () => {
      await gate;
      return Response.json({ epoch: "e", entries, next: 1, more: false });
    });
    verifier.start();
    const refusal = expectRefusal(verifier.verify(await issuer.sign({ sid: "s" })), "token_revoked");
    for (let rounds = 0; rounds < 100 || verifier.status().keys !== "ok"; rounds++) {
      await new Promise((resolve) => void setImmediate(resolve));
    }
    open();
    await refusal;
  });

  test.each([
    ["accept", "accepted"],
    ["reject", "revocations_unknown"],
  ] as const)("RS-08: where that attempt fails, the policy decides: %s", async (whenStale, outcome) => {
    const { verifier, issuer, pass } = await createRemoteScene({ client, whenStale });
    issuer.answers.set(revocationsPath, never);
    verifier.start();
    const verification = verifier.verify(await issuer.sign()).then(
      () => "accepted",
      (error: { reason: string }) => error.reason,
    );
    await pass(5_000);
    expect(await verification).toBe(outcome);
    expect(verifier.status().ready).toBe(false);
  });

  test("RS-08: beyond the limit everything is refused with 503, if that is the policy, until the issuer is back", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({ client, whenStale: "reject", staleAfterSeconds: 30 });
    verifier.start();
    await pass(1_000);
    issuer.answers.set("*", down);
    await pass(29_000);
    await verifier.verify(await issuer.sign());
    await pass(11_000);
    await expect(verifier.verify(await issuer.sign())).rejects.toMatchObject({ reason: "revocations_unknown" });
    // Nobody should be sent where everybody is refused.
    expect(verifier.status()).toMatchObject({ ready: false, revocations: "stale" });
    issuer.answers.clear();
    await pass(2_000);
    await verifier.verify(await issuer.sign());
  });
});

describe("at the edge, where no timer runs", () => {
  test("what is due is fetched behind the back of the request that comes then", async () => {
    const background: Promise<unknown>[] = [];
    const { verifier, issuer, pass, settle } = await createRemoteScene({
      client,
      waitUntil: (work) => background.push(work),
    });
    const token = await issuer.sign({ sid: "s" });
    await verifier.verify(token);
    await pass(2_000);
    issuer.revoke("session", "s");
    const before = issuer.asked.length;
    await verifier.verify(token);
    await settle();
    expect(issuer.asked.slice(before)).toEqual([`${revocationsPath}?after=0&wait=0`]);
    await expectRefusal(verifier.verify(token), "token_revoked");
    await Promise.all(background);
    await verifier.verify(await issuer.sign());
    expect(issuer.asked).toHaveLength(before + 1);
  });

  test("after a long pause the first request waits for the news, so that it does not pass on old knowledge", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({ client });
    const token = await issuer.sign({ sid: "s", exp: 0 });
    await expectRefusal(verifier.verify(token), "token_invalid", "exp");
    const good = await issuer.sign({ sid: "s" });
    await verifier.verify(good);
    await pass(31_000);
    issuer.revoke("session", "s");
    await expectRefusal(verifier.verify(good), "token_revoked");
  });

  test("where the issuer is gone, one request waits for it and the others do not", async () => {
    const { verifier, issuer, pass, settle } = await createRemoteScene({ client });
    await verifier.verify(await issuer.sign());
    await pass(31_000);
    issuer.answers.set("*", never);
    const asked = issuer.asked.length;
    let accepted = 0;
    const token = await issuer.sign();
    const first = verifier.verify(token).then(() => (accepted += 1));
    while (issuer.asked.length === asked) await settle();
    await pass(4_999);
    expect(accepted).toBe(0);
    await pass(1);
    await first;
    await verifier.verify(token);
    await pass(60_000);
    await verifier.verify(token);
    expect(verifier.status().revocations).toBe("stale");
  });
});

describe("addresses", () => {
  test("come from the metadata, which is fetched once", async () => {
    const { verifier, issuer, pass } = await createRemoteScene({ client });
    verifier.start();
    await pass(10 * 60 * 1000);
    expect(countOf(issuer, metadataPath)).toBe(1);
  });

  test("that are given make the metadata needless", async () => {
    const { verifier, issuer, settle } = await createRemoteScene({
      client,
      jwksUrl: `${issuerUrl}${jwksPath}`,
      revocationsUrl: `${issuerUrl}${revocationsPath}`,
    });
    verifier.start();
    await settle();
    expect(verifier.status().ready).toBe(true);
    expect(countOf(issuer, metadataPath)).toBe(0);
  });

  test("are looked up again when they lead nowhere: an issuer may move its keys", async () => {
    const { verifier, issuer, pass } = await createRemoteScene();
    verifier.start();
    await pass(0);
    issuer.answers.set(jwksPath, () => new Response(null, { status: 404 }));
    issuer.answers.set(metadataPath, () => Response.json({ issuer: issuer.url, jwks_uri: `${issuer.url}/moved` }));
    issuer.answers.set("/moved", () => Response.json({ keys: issuer.keys.map(({ jwk }) => jwk) }));
    await pass(303_000);
    expect(issuer.asked).toContain("/moved");
    expect(verifier.status().keys).toBe("ok");
  });

  test("F47: metadata that leads from TLS to a place without it is refused, whatever it names", async () => {
    for (const member of ["jwks_uri", "revocations_endpoint"]) {
      for (const address of ["http://localhost:3000/keys", "http://issuer.example/keys", "ftp://x", "/keys", 7]) {
        const { verifier, issuer, told } = await createRemoteScene({ client });
        issuer.answers.set(metadataPath, () =>
          Response.json({
            issuer: issuer.url,
            jwks_uri: `${issuer.url}${jwksPath}`,
            revocations_endpoint: `${issuer.url}${revocationsPath}`,
            [member]: address,
          }),
        );
        await expectRefusal(verifier.verify(await issuer.sign()), "keys_unavailable");
        expect(told[0]).toBe("metadata: problem");
        expect(issuer.asked).toEqual([metadataPath]);
      }
    }
  });

  test("RFC 8414 §3.3: metadata of another issuer is refused", async () => {
    for (const other of ["https://issuer.example/", "https://ISSUER.example", undefined]) {
      const { verifier, issuer } = await createRemoteScene();
      issuer.answers.set(metadataPath, () => Response.json({ issuer: other, jwks_uri: `${issuer.url}${jwksPath}` }));
      await expectRefusal(verifier.verify(await issuer.sign()), "keys_unavailable");
      expect(issuer.asked).toEqual([metadataPath]);
    }
  });
});

describe("stop", () => {
  test("ends the questions that are held and every timer; nothing is fetched afterwards", async () => {
    const { verifier, issuer, pass, settle, waiting } = await createRemoteScene({ client });
    verifier.start();
    await pass(1_000);
    expect(issuer.held).toBe(1);
    await verifier.stop();
    await settle();
    expect(issuer.held).toBe(0);
    const { fetches } = verifier.status();
    await pass(20_000);
    expect(waiting()).toBe(0);
    await pass(24 * 60 * 60 * 1000);
    verifier.start();
    await pass(60_000);
    expect(verifier.status().fetches).toBe(fetches);
  });
});

describe("options", () => {
  const attempt = (options: object) => () => createRemoteVerifier({ issuer: issuerUrl, ...options });

  test.each([
    ["HS256, whose key can also sign", { algorithms: ["HS256"] }, /HS256/],
    ["HS256 among others", { algorithms: ["ES256", "HS256"] }, /HS256/],
    ["no algorithm", { algorithms: [] }, /algorithms/],
    ["an issuer over http:", { issuer: "http://issuer.example" }, /https/],
    ["an issuer that is no address", { issuer: "issuer.example" }, /absolute URL/],
    ["an issuer with a query", { issuer: "https://issuer.example?" }, /query/],
    ["an issuer with a fragment", { issuer: "https://issuer.example#a" }, /fragment/],
    ["an issuer with credentials", { issuer: "https://a:b@issuer.example" }, /credentials/],
    ["keys over http:", { jwksUrl: "http://issuer.example/jwks" }, /jwksUrl/],
    ["a feed over http:", { revocationsUrl: "http://issuer.example/feed" }, /revocationsUrl/],
    ["a private address over http:", { issuer: "http://192.168.1.1" }, /https/],
    ["a name that only begins like this machine's", { issuer: "http://localhost.example" }, /https/],
    ["an address that only begins like this machine's", { issuer: "http://127.0.0.1.example" }, /https/],
    ["a client without a secret", { client: { id: "notes", secret: "" } }, /secret/],
    ["a client id with a colon", { client: { id: "a:b", secret: "s" } }, /id/],
    ["a stale time of nothing", { jwksStaleSeconds: 0 }, /jwksStaleSeconds/],
    ["a stale time that is no number", { jwksStaleSeconds: Number.NaN }, /jwksStaleSeconds/],
    ["an unknown policy", { client, whenStale: "ignore" }, /whenStale/],
    ["a tolerance of an hour", { clockToleranceSeconds: 3600 }, /clockToleranceSeconds/],
  ])("refuses %s", (_, options, message) => {
    expect(attempt(options)).toThrow(TypeError);
    expect(attempt(options)).toThrow(message);
  });

  test.each(["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000", "https://issuer.example/tenant"])(
    "takes %s",
    (issuer) => {
      expect(attempt({ issuer })).not.toThrow();
    },
  );

  test("takes http: elsewhere only where it is allowed by name", () => {
    expect(attempt({ issuer: "http://issuer.internal", allowInsecureHttp: true })).not.toThrow();
  });

  test("accept tokens for the issuer itself and with ES256, half a minute around their time, unless said otherwise", async () => {
    const { verifier, issuer, clock } = await createRemoteScene();
    const token = await issuer.sign();
    await expectRefusal(verifier.verify(await issuer.sign({ aud: "https://other.example" })), "token_invalid", "aud");
    clock.advance(329_999);
    await verifier.verify(token);
    clock.advance(1);
    await expectRefusal(verifier.verify(token), "token_expired", "exp");
  });

  test("an issuer with a path is asked where RFC 8414 §3.1 says: the well-known part comes before the path", async () => {
    const asked: string[] = [];
    const { verifier } = await createRemoteScene({
      issuer: "https://issuer.example/tenants/one",
      fetch: async (input) => {
        asked.push(String(input instanceof Request ? input.url : input));
        return Response.json({}, { status: 404 });
      },
    });
    await expectRefusal(
      verifier.verify(await signedToken((await throwAwayKey("ES256")).signing, {})),
      "keys_unavailable",
    );
    expect(asked).toEqual(["https://issuer.example/.well-known/oauth-authorization-server/tenants/one"]);
  });

  test("a verifier that is not started has no timer, and fetches nothing", async () => {
    const { verifier, pass, waiting } = await createRemoteScene({ client });
    await pass(60_000);
    expect(waiting()).toBe(0);
    expect(verifier.status()).toEqual({
      ready: false,
      keys: "missing",
      revocations: "missing",
      keysAgeMs: Infinity,
      revocationsAgeMs: Infinity,
      revocationEntries: 0,
      fetches: 0,
      unknownKids: 0,
    });
  });

  test("verifyIgnoringExpiry is there as well, and asks for the keys", async () => {
    const { verifier, issuer, clock } = await createRemoteScene();
    const token = await issuer.sign();
    clock.advance(10_000_000);
    expect(await verifier.verifyIgnoringExpiry(token)).toMatchObject({ sub: "user-1" });
  });
});
