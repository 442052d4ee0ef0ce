// Every Wycheproof vector for JWS and JWK that applies, put to the signature layer as it is.
// Labels that are not taken at face value are listed here with the reason, and nowhere else.

import type { JWK } from "jose";
import { describe, expect, test } from "vitest";
import { AuthError } from "../src/errors.ts";
import { importJwkSet } from "../src/jwks.ts";
import { fixedKeys } from "../src/testing.ts";
import { signingAlgorithms, type VerificationKey } from "../src/verification-keys.ts";
import { verifyJws } from "../src/verify-jws.ts";
import { isThere, readJson, say, wycheproofFolder } from "./vectors.ts";

interface Vector {
  tcId: number | string;
  comment: string;
  jws?: unknown;
  result: "valid" | "invalid";
}
interface Group {
  comment?: string;
  public?: JWK | { keys: JWK[] };
  private?: JWK | { keys: JWK[] };
  tests: Vector[];
}
interface Expectations {
  /** Byte-identical to a valid vector; what made it invalid was lost when the file was made. */
  skipped?: number[];
  /** Valid by its label, refused by ours. */
  refused: Record<number, string>;
}

const expectations: Record<string, Expectations> = {
  json_web_signature_test: {
    skipped: [367, 370],
    refused: {
      259: "an empty payload is no claims set: three non-empty segments",
      346: "the key is for PS256, the token says PS384",
      347: "the key is for an algorithm that does not exist",
      350: "the key is for PS256, the token says PS384",
      351: "the key is for an algorithm that does not exist",
      372: "a question mark inside a base64url segment",
      373: "a question mark inside a base64url segment",
    },
  },
  json_web_key_test: { refused: { 2: "a set of secret keys" } },
  json_web_crypto_test: { refused: { 48: "a set of secret keys" } },
};
const source = "github.com/C2SP/wycheproof at commit dac1dd4729fd1f8dd9e1e9f3dce51d783da6c166 (testvectors_v1)";

describe.skipIf(!isThere(wycheproofFolder, source))("Wycheproof", () => {
  test.each(Object.entries(expectations))(
    "%s: every vector that applies has the expected answer",
    async (file, { skipped = [], refused }) => {
      const { testGroups } = readJson(`${wycheproofFolder}/${file}.json`) as { testGroups: Group[] };
      const surprises: string[] = [];
      const counts = { vectors: 0, accepted: 0, refused: 0, notOurs: 0, skipped: 0 };
      for (const group of testGroups) {
        for (const vector of group.tests) {
          const id = Number(vector.tcId);
          if (vector.jws === undefined) continue;
          counts.vectors += 1;
          if (skipped.includes(id)) {
            counts.skipped += 1;
            continue;
          }
          const isOurs = isForAlgorithmOfOurs(group);
          const expected = vector.result === "valid" && isOurs && !(id in refused);
          if (vector.result === "valid" && !isOurs) counts.notOurs += 1;
          const accepted = await isAccepted(vector.jws, group);
          counts[accepted ? "accepted" : "refused"] += 1;
          if (accepted !== expected) surprises.push(`${id} ${vector.comment}: ${accepted ? "accepted" : "refused"}`);
        }
      }
      const run = counts.vectors - counts.skipped;
      say(
        `Wycheproof ${file}: ${run} of ${counts.vectors} vectors ran, ${run - surprises.length} as expected; ` +
          `${counts.accepted} accepted, ${counts.refused} refused (${counts.notOurs} valid ones for algorithms that are not ours).`,
      );
      expect(surprises).toEqual([]);
      expect(counts.accepted).toBeGreaterThan(0);
    },
  );
});

function isForAlgorithmOfOurs(group: Group): boolean {
  return jwksOf(group).some(({ alg }) => alg === undefined || signingAlgorithms.some((ours) => ours === alg));
}

async function isAccepted(jws: unknown, group: Group): Promise<boolean> {
  try {
    const token = typeof jws === "string" ? jws : JSON.stringify(jws);
    await verifyJws(token, { algorithms: signingAlgorithms, keys: fixedKeys(...(await importKeys(group))) });
    return true;
  } catch (error) {
    if (error instanceof AuthError) return false;
    throw error;
  }
}

/** A lone secret is imported as a setting would be; everything else goes through the gate for public keys. */
async function importKeys(group: Group): Promise<VerificationKey[]> {
  const [jwk, ...more] = jwksOf(group);
  if (jwk?.kty === "oct" && more.length === 0) return jwk.alg === "HS256" ? [await importSecret(jwk)] : [];
  return importJwkSet({ keys: [jwk, ...more] }).catch((error: unknown) => {
    expect(error).toBeInstanceOf(TypeError);
    return [];
  });
}

async function importSecret({ k = "", kid = "" }: JWK): Promise<VerificationKey> {
  const bytes = Buffer.from(k, "base64url");
  // WebCrypto takes no empty key; the verifier must refuse whatever stands in its place.
  const material = bytes.length === 0 ? new Uint8Array(1) : new Uint8Array(bytes);
  const key = await crypto.subtle.importKey("raw", material, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return { kid, algorithm: "HS256", key };
}

function jwksOf(group: Group): JWK[] {
  const key = group.public ?? group.private ?? {};
  return "keys" in key ? (key.keys as JWK[]) : [key as JWK];
}
