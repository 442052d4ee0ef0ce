import { describe, expect, test } from "vitest";
import { accessTokenClaimsSchema } from "./claims.ts";
import { type AccessTokenGrant, type AccessTokenSignerOptions, createAccessTokenSigner } from "./sign-access-token.ts";
import { fixedClock, throwAwayKey } from "./testing.ts";

const clock = fixedClock(Date.UTC(2027, 0, 15, 8) + 999);
const now = Date.UTC(2027, 0, 15, 8) / 1000;
const key = await throwAwayKey("ES256");
const grant: AccessTokenGrant = {
  subject: "user-1",
  sessionId: "session-1",
  username: "ada",
  scope: ["notes:read", "notes:write"],
  authTime: now - 10,
  amr: ["pwd"],
};
const options: AccessTokenSignerOptions = {
  issuer: "https://issuer.example",
  audience: ["https://api.example"],
  keys: { signingKey: () => key.signing },
  clock,
  ttlSeconds: 300,
};

function partOf(token: string, index: number): unknown {
  return JSON.parse(Buffer.from(token.split(".")[index] ?? "", "base64url").toString());
}

describe("createAccessTokenSigner", () => {
  test("CLM-01, CLM-02, CLM-11: header and claims are exactly those of the contract", async () => {
    const { accessToken, claims } = await createAccessTokenSigner(options).sign(grant);
    expect(partOf(accessToken, 0)).toEqual({ alg: "ES256", kid: key.signing.kid, typ: "at+jwt" });
    expect(partOf(accessToken, 1)).toEqual(claims);
    expect(claims).toEqual({
      iss: "https://issuer.example",
      sub: "user-1",
      aud: "https://api.example",
      exp: claims.exp,
      iat: now,
      jti: claims.jti,
      sid: "session-1",
      client_id: "signet",
      scope: "notes:read notes:write",
      auth_time: now - 10,
      amr: ["pwd"],
      preferred_username: "ada",
    });
    expect(Object.keys(claims).toSorted()).toEqual(Object.keys(accessTokenClaimsSchema.shape).toSorted());
    expect(accessToken.length).toBeLessThanOrEqual(1024);
  });

  test("under the default settings even the longest name stays within 1 KiB", async () => {
    const { accessToken } = await createAccessTokenSigner(options).sign({ ...grant, username: "\u{10000}".repeat(64) });
    expect(accessToken.length).toBeLessThanOrEqual(1024);
  });

  test("one audience is a string, several are a list", async () => {
    const audience = ["https://a.example", "https://b.example"];
    expect((await createAccessTokenSigner({ ...options, audience }).sign(grant)).claims.aud).toEqual(audience);
  });

  test.each([1, 5, 10, 60, 300, 900])(
    "CLM-14: of %i s at most a tenth is cut, at random, and a second is always left",
    async (ttlSeconds) => {
      const lifetimes = new Set<number>();
      for (let round = 0; round < 200; round++) {
        const { claims } = await createAccessTokenSigner({ ...options, ttlSeconds }).sign(grant);
        lifetimes.add(claims.exp - claims.iat);
      }
      expect(Math.max(...lifetimes)).toBeLessThanOrEqual(ttlSeconds);
      expect(Math.min(...lifetimes)).toBeGreaterThanOrEqual(Math.max(1, ttlSeconds - Math.floor(ttlSeconds / 10)));
      expect(lifetimes.size).toBeGreaterThan(ttlSeconds >= 60 ? 4 : 0);
    },
  );

  test("the cut goes from nothing to a full tenth", async () => {
    const lifetimeWith = async (byte: number) => {
      const random = (length: number) => new Uint8Array(length).fill(byte);
      const { claims } = await createAccessTokenSigner({ ...options, random }).sign(grant);
      return claims.exp - claims.iat;
    };
    expect([await lifetimeWith(0), await lifetimeWith(255)]).toEqual([300, 270]);
  });

  test("iat and exp are counted from the moment that was given, not from our clock", async () => {
    const signer = createAccessTokenSigner({ ...options, random: (length) => new Uint8Array(length) });
    for (const issuedAt of [now - 40, now, now + 40]) {
      const { claims } = await signer.sign({ ...grant, issuedAt });
      expect(claims).toMatchObject({ iat: issuedAt, exp: issuedAt + 300, auth_time: Math.min(now - 10, issuedAt) });
    }
  });

  test.each([
    [1_000_000, 300],
    [300, 300],
    [299, 299],
    [271, 271],
    [1, 1],
    [0, 1],
  ])(
    "with %i s of the session left a token lives %i s: no longer than both, and a second at least",
    async (left, lives) => {
      const signer = createAccessTokenSigner({ ...options, random: (length) => new Uint8Array(length) });
      const { claims } = await signer.sign({ ...grant, issuedAt: now - 5, sessionSecondsLeft: left });
      expect(claims).toMatchObject({ iat: now - 5, exp: now - 5 + lives });
    },
  );

  test("a lifetime that was cut at random is not made longer by what is left of the session", async () => {
    const signer = createAccessTokenSigner({ ...options, random: (length) => new Uint8Array(length).fill(255) });
    const { claims } = await signer.sign({ ...grant, sessionSecondsLeft: 290 });
    expect(claims.exp - claims.iat).toBe(270);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "60", 60n, null, new Date()])(
    "issuedAt and sessionSecondsLeft are whole numbers of seconds: %o is a TypeError",
    async (wrong) => {
      const signer = createAccessTokenSigner(options);
      await expect(signer.sign({ ...grant, issuedAt: wrong } as never)).rejects.toThrow(/^issuedAt/);
      await expect(signer.sign({ ...grant, issuedAt: wrong } as never)).rejects.toThrow(TypeError);
      await expect(signer.sign({ ...grant, sessionSecondsLeft: wrong } as never)).rejects.toThrow(
        /^sessionSecondsLeft/,
      );
      await expect(signer.sign({ ...grant, sessionSecondsLeft: wrong } as never)).rejects.toThrow(TypeError);
    },
  );

  test("CLM-10: jti holds 128 random bits and is never the same", async () => {
    const signer = createAccessTokenSigner(options);
    const jtis = new Set<string>();
    for (let round = 0; round < 1000; round++) jtis.add((await signer.sign(grant)).claims.jti);
    expect(jtis.size).toBe(1000);
    for (const jti of jtis) {
      expect(jti).toMatch(/^[\w-]{22}$/);
      expect(Buffer.from(jti, "base64url")).toHaveLength(16);
    }
  });

  test("the key of the moment signs: a rotation needs no new signer", async () => {
    const next = await throwAwayKey("Ed25519");
    let current = key.signing;
    const signer = createAccessTokenSigner({ ...options, keys: { signingKey: () => current } });
    expect(partOf((await signer.sign(grant)).accessToken, 0)).toMatchObject({ kid: key.signing.kid, alg: "ES256" });
    current = next.signing;
    expect(partOf((await signer.sign(grant)).accessToken, 0)).toMatchObject({ kid: next.signing.kid, alg: "Ed25519" });
  });

  test("a sign-in timed by a clock ahead of ours is not after the token it led to", async () => {
    const { claims } = await createAccessTokenSigner(options).sign({ ...grant, authTime: now + 3 });
    expect(claims.auth_time).toBe(now);
  });

  test("a scope cannot smuggle in another", async () => {
    const signer = createAccessTokenSigner(options);
    for (const scope of [["notes:read admin"], [""], ["a", ""], [" "], ["a\tb"], ['"'], ["é"]]) {
      await expect(signer.sign({ ...grant, scope })).rejects.toThrow(TypeError);
    }
  });

  test("a grant that makes no valid claims is refused before anything is signed", async () => {
    const signer = createAccessTokenSigner(options);
    for (const wrong of [
      { subject: "" },
      { sessionId: "" },
      { username: "" },
      { amr: [] },
      { authTime: Number.NaN },
      { authTime: 1.5 },
    ]) {
      await expect(signer.sign({ ...grant, ...wrong })).rejects.toThrow(TypeError);
    }
  });

  test("claims of more than 1 KiB are refused", async () => {
    const scope = Array.from({ length: 60 }, (_, index) => `some-long-scope:${index}`);
    await expect(createAccessTokenSigner(options).sign({ ...grant, scope })).rejects.toThrow(RangeError);
  });

  test.each([
    [{ issuer: "" }, /issuer/],
    [{ audience: [] }, /audience/],
    [{ audience: [""] }, /audience/],
    [{ audience: "https://api.example" }, /audience/],
    [{ keys: {} }, /signingKey/],
    [{ clock: 1 }, /clock/],
    [{ ttlSeconds: 0 }, /ttlSeconds/],
    [{ ttlSeconds: 901 }, /ttlSeconds/],
    [{ ttlSeconds: 1.5 }, /ttlSeconds/],
    [{ ttlSeconds: Number.NaN }, /ttlSeconds/],
  ])("wrong options are a TypeError: %j", (wrong, message) => {
    expect(() => createAccessTokenSigner({ ...options, ...wrong } as never)).toThrow(message);
    expect(() => createAccessTokenSigner({ ...options, ...wrong } as never)).toThrow(TypeError);
  });
});
