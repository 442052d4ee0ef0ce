import { describe, expect, test, vi } from "vitest";
import { audience, createScene, issuer } from "../test/scene.ts";
import { AuthError } from "./errors.ts";
import { fixedClock, fixedKeys } from "./testing.ts";
import type { VerificationKey } from "./verification-keys.ts";
import { createAccessTokenVerifier } from "./verify-access-token.ts";

const scene = await createScene();
const { clock, key, token, claims } = scene;
const options = { issuer, audience, algorithms: ["ES256"], keys: fixedKeys(key.verification), clock } as const;

describe("the memory of verified tokens", () => {
  /** Keys that can be taken away, and that count how often they are asked for. */
  function countedKeys() {
    const state: { key: VerificationKey | undefined; asked: number } = { key: key.verification, asked: 0 };
    const keys = { findKey: () => ((state.asked += 1), state.key) };
    return { state, keys };
  }

  test("gives the same claims again, and asks for the key each time", async () => {
    const { state, keys } = countedKeys();
    const verifier = createAccessTokenVerifier({ ...options, keys });
    const first = await verifier.verify(token);
    expect(await verifier.verify(token)).toBe(first);
    expect(state.asked).toBe(2);
  });

  test("KEY-19: forgets a token whose key is gone or was replaced under the same name", async () => {
    const { state, keys } = countedKeys();
    const verifier = createAccessTokenVerifier({ ...options, keys });
    await verifier.verify(token);
    state.key = undefined;
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: "token_invalid", claim: "kid" });
    state.key = key.verification;
    await verifier.verify(token);
    const { key: other } = await createScene();
    state.key = { ...other.verification, kid: key.signing.kid };
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: "token_invalid" });
  });

  test("does not hide that the keys cannot be read", async () => {
    let isDown = false;
    const findKey = () => (isDown ? Promise.reject(new Error("down")) : key.verification);
    const verifier = createAccessTokenVerifier({ ...options, keys: { findKey } });
    await verifier.verify(token);
    isDown = true;
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: "keys_unavailable" });
  });

  test("takes no token for another that it remembers, whatever letter of it is changed", async () => {
    const verifier = createAccessTokenVerifier(options);
    for (const remembered of [await scene.sign(claims), token, token]) await verifier.verify(remembered);
    const changed = Array.from(token, (letter, at) =>
      [token.slice(0, at), letter === "A" ? "B" : "A", token.slice(at + 1)].join(""),
    );
    const outcomes = await Promise.allSettled(changed.map((other) => verifier.verify(other)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toEqual([]);
    await expect(verifier.verify(token)).resolves.toMatchObject({ sub: claims.sub });
  });

  test("hands out claims that nobody can change for the next one", async () => {
    const verifier = createAccessTokenVerifier(options);
    const several = await scene.sign({ ...claims, aud: [audience, "https://other.example"] });
    const verified = await verifier.verify(several);
    expect(() => Object.assign(verified, { sub: "admin" })).toThrow(TypeError);
    expect(() => verified.amr.push("otp")).toThrow(TypeError);
    expect(() => (verified.aud as string[]).push("https://evil.example")).toThrow(TypeError);
  });
});

describe("revocations", () => {
  /** Says what it is told to say, and what it was asked. */
  function checkThat(outcome: () => unknown) {
    const asked: unknown[] = [];
    const check = (...about: unknown[]) => {
      asked.push(about);
      return outcome() as void;
    };
    return { asked, verifier: createAccessTokenVerifier({ ...options, revocations: { check } }) };
  }

  test("are asked by the verified claims and the key's name, at every call, also for a remembered token", async () => {
    const { asked, verifier } = checkThat(() => undefined);
    await verifier.verify(token);
    await verifier.verify(token);
    expect(asked).toEqual([
      [claims, key.signing.kid],
      [claims, key.signing.kid],
    ]);
  });

  test("are asked last: a token that is wrong or over is called that, and nobody hears of it", async () => {
    const { asked, verifier } = checkThat(() => {
      throw new AuthError("token_revoked", "revoked");
    });
    const expired = await scene.sign({ ...claims, iat: claims.iat - 600, exp: claims.iat - 300, auth_time: 0 });
    await expect(verifier.verify(expired)).rejects.toMatchObject({ reason: "token_expired" });
    const foreign = await scene.sign({ ...claims, aud: "https://other.example" });
    await expect(verifier.verify(foreign)).rejects.toMatchObject({ reason: "token_invalid" });
    await expect(verifier.verify("a.b")).rejects.toMatchObject({ reason: "token_malformed" });
    expect(asked).toEqual([]);
  });

  test.each(["token_revoked", "revocations_unknown"] as const)("%s is passed on as it is", async (reason) => {
    const refusal = new AuthError(reason, "No.", { retryAfterSeconds: 1 });
    const { verifier } = checkThat(() => {
      throw refusal;
    });
    for (let round = 0; round < 2; round++) await expect(verifier.verify(token)).rejects.toBe(refusal);
  });

  test.each([
    ["throws another error", () => expect.fail("down")],
    [
      "throws another refusal",
      () => {
        throw new AuthError("token_invalid", "No.");
      },
    ],
    ["throws nothing at all", () => Promise.reject()],
    ["rejects", () => Promise.reject(new Error("down"))],
  ])("a check that %s is our fault, and lets nobody in", async (_, outcome) => {
    const { verifier } = checkThat(outcome);
    await expect(verifier.verify(token)).rejects.toMatchObject({ name: "AuthError", reason: "revocations_unknown" });
  });

  test("a check that turns out to be asynchronous is waited for", async () => {
    const { verifier } = checkThat(() => Promise.reject(new AuthError("token_revoked", "revoked")));
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: "token_revoked" });
  });
});

describe("verifyIgnoringExpiry", () => {
  const yearsLater = () => fixedClock(clock() + 10 * 365 * 86_400_000);

  test("proves whose token it was, however long ago it ended", async () => {
    const verifier = createAccessTokenVerifier({ ...options, clock: yearsLater() });
    expect(await verifier.verifyIgnoringExpiry(token)).toEqual(claims);
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: "token_expired" });
  });

  test("leaves nothing behind for verify, which looks at the signature itself", async () => {
    const verifier = createAccessTokenVerifier(options);
    const signatures = vi.spyOn(crypto.subtle, "verify");
    await verifier.verifyIgnoringExpiry(token);
    await verifier.verify(token);
    expect(signatures).toHaveBeenCalledTimes(2);
    await verifier.verify(token);
    expect(signatures).toHaveBeenCalledTimes(2);
    signatures.mockRestore();
  });

  test("does not ask what was revoked: a session can be ended twice", async () => {
    const revocations = { check: () => expect.fail("asked") };
    const verifier = createAccessTokenVerifier({ ...options, revocations });
    expect(await verifier.verifyIgnoringExpiry(token)).toEqual(claims);
  });

  test("checks everything else", async () => {
    const { verifier } = scene;
    const stranger = await createScene();
    const before = claims.iat - 7_000;
    const old = { ...claims, iat: before, exp: before + 300, auth_time: before };
    expect(await verifier.verifyIgnoringExpiry(await scene.sign(old))).toEqual(old);
    for (const [wrong, claim] of [
      [await stranger.sign(old, { kid: key.signing.kid }), undefined],
      [await stranger.sign(old), "kid"],
      [await scene.sign({ ...old, iss: "https://other.example" }), "iss"],
      [await scene.sign({ ...old, aud: "https://other.example" }), "aud"],
      [await scene.sign(old, { typ: "JWT" }), "typ"],
      [await scene.sign({ ...old, cnf: {} }), "cnf"],
      [await scene.sign({ ...old, exp: before + 901 }), "exp"],
      [await scene.sign({ ...old, exp: before }), "exp"],
      [await scene.sign({ ...old, auth_time: before + 1 }), "auth_time"],
      [await scene.sign({ ...old, nbf: claims.iat + 1 }), "nbf"],
      [await scene.sign({ ...claims, iat: claims.iat + 1 }), "iat"],
      [await scene.sign({ ...old, sid: "" }), "sid"],
    ] as const) {
      await expect(verifier.verifyIgnoringExpiry(wrong)).rejects.toMatchObject({ reason: "token_invalid", claim });
    }
    await expect(verifier.verifyIgnoringExpiry(`${token}=`)).rejects.toMatchObject({ reason: "token_malformed" });
    const broken = createAccessTokenVerifier({ ...options, clock: () => Number.NaN });
    await expect(broken.verifyIgnoringExpiry(token)).rejects.toMatchObject({ reason: "internal_error" });
  });
});

describe("wrong options are a TypeError that names the option", () => {
  test.each([
    [{ issuer: "" }, /^issuer/],
    [{ issuer: undefined }, /^issuer/],
    [{ audience: "" }, /^audience/],
    [{ audience: [] }, /^audience/],
    [{ audience: [""] }, /^audience/],
    [{ audience: undefined }, /^audience/],
    [{ algorithms: [] }, /^algorithms/],
    [{ algorithms: ["none"] }, /^algorithms/],
    [{ algorithms: ["es256"] }, /^algorithms/],
    [{ algorithms: "ES256" }, /^algorithms/],
    [{ algorithms: undefined }, /^algorithms/],
    [{ keys: undefined }, /^keys/],
    [{ keys: {} }, /^keys/],
    [{ clock: 0 }, /^clock/],
    [{ clockToleranceSeconds: -1 }, /^clockToleranceSeconds/],
    [{ clockToleranceSeconds: 61 }, /^clockToleranceSeconds/],
    [{ clockToleranceSeconds: Number.NaN }, /^clockToleranceSeconds/],
    [{ clockToleranceSeconds: "30" }, /^clockToleranceSeconds/],
    [{ maxLifetimeSeconds: 0 }, /^maxLifetimeSeconds/],
    [{ maxLifetimeSeconds: 901 }, /^maxLifetimeSeconds/],
    [{ maxLifetimeSeconds: Number.POSITIVE_INFINITY }, /^maxLifetimeSeconds/],
    [{ cache: { maxEntries: 0, maxBytes: 1 } }, /^cache/],
    [{ cache: true }, /^cache/],
    [{ cache: { maxEntries: 1 } }, /^cache/],
    [{ revocations: {} }, /^revocations/],
    [{ revocations: null }, /^revocations/],
    [{ revocations: () => {} }, /^revocations/],
  ])("KEY-01, CLM-05: %j", (wrong, message) => {
    const make = () => createAccessTokenVerifier({ ...options, ...wrong } as never);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  test("lists given as options can be changed afterwards without effect", async () => {
    const audiences = [audience];
    const algorithms: ("ES256" | "HS256")[] = ["ES256"];
    const verifier = createAccessTokenVerifier({ ...options, audience: audiences, algorithms });
    audiences[0] = "https://evil.example";
    algorithms.length = 0;
    expect(await verifier.verify(token)).toEqual(claims);
  });
});
