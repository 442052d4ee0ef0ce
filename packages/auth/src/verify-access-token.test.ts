import { describe, expect, test } from "vitest";
import { audience, createScene, issuer } from "../test/scene.ts";
import { fixedKeys } from "./testing.ts";
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

  test("hands out claims that nobody can change for the next one", async () => {
    const verifier = createAccessTokenVerifier(options);
    const several = await scene.sign({ ...claims, aud: [audience, "https://other.example"] });
    const verified = await verifier.verify(several);
    expect(() => Object.assign(verified, { sub: "admin" })).toThrow(TypeError);
    expect(() => verified.amr.push("otp")).toThrow(TypeError);
    expect(() => (verified.aud as string[]).push("https://evil.example")).toThrow(TypeError);
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
