// What a token costs the process that verifies it, and the one that makes it. Each turn of each contender is a fresh process.

import type { SigningAlgorithm } from "@signet/auth/verify";
import { askFreshProcess } from "../fresh-process.ts";
import { tell } from "../progress.ts";
import { emptyPart, type LeftOut, type Part, type Series } from "../results.ts";
import { type Contender, type Sample, takeTurns } from "../rounds.ts";
import type { ContenderName, Order } from "./contenders.ts";
import { measureHeap } from "./heap.ts";
import { type MaterialFile, makeMaterial, writeMaterial } from "./material.ts";

export interface Pace {
  rounds: number;
  turnMs: number;
  short: boolean;
}

interface Entry {
  name: string;
  contender: ContenderName;
  algorithm: SigningAlgorithm;
  count: number;
  ours?: boolean;
}

interface Plan {
  id: string;
  title: string;
  note: string;
  unit: string;
  /** The first is the floor. */
  entries: Entry[];
}

/** What a busy process may see in the life of a token. */
const manyTokens = ({ short }: Pace): number => (short ? 2_000 : 10_000);
/** For peers that know Ed25519 by its older name alone. */
const olderName = "EdDSA";
const algorithms: readonly SigningAlgorithm[] = ["ES256", "Ed25519", "RS256", "HS256"];

export async function measureTokens(pace: Pace): Promise<Part> {
  const part = emptyPart();
  const materials = createMaterials(manyTokens(pace));
  try {
    for (const plan of plansFor(pace)) {
      const contenders = plan.entries.map((entry) => toContender(entry, pace, materials));
      const { rows, leftOut } = await takeTurns(plan.title, contenders, pace.rounds);
      part.series.push(toSeries(plan, rows));
      part.leftOut.push(...leftOut);
    }
    part.figures.push(await measureHeap(pace));
    part.leftOut.push(...unknownToPeers);
    return part;
  } finally {
    materials.remove();
  }
}

const unknownToPeers: LeftOut[] = [{ what: "jsonwebtoken with Ed25519", why: "jsonwebtoken knows no EdDSA." }];

function plansFor(pace: Pace): Plan[] {
  const many = manyTokens(pace);
  const used = pace.short ? algorithms.filter((name) => name === "ES256") : algorithms;
  return [
    ...[1, many].map((count) => seenBefore(count, used)),
    ...used.map((algorithm) => firstSight(algorithm, many)),
    ...used.map(sign),
    {
      id: "revoked",
      title: "Is it revoked, among 1,000",
      note: "Sessions and token ids that were not ended, in strings that nobody has seen. Signet looks at time and key as well.",
      unit: "checks",
      entries: [
        { name: "Map.has, twice", contender: "revoked/map-get", algorithm: "ES256", count: 1_000 },
        { name: "Signet", contender: "revoked/signet", algorithm: "ES256", count: 1_000, ours: true },
      ],
    },
  ];
}

function seenBefore(count: number, used: readonly SigningAlgorithm[]): Plan {
  return {
    id: `seen-${count}`,
    title:
      count === 1
        ? "A token seen before: always the same"
        : `A token seen before: ${count.toLocaleString("en")} in turns`,
    note: "Every token is a part of a header that nobody has seen, as each request brings one. Signet checks time and key on each hit.",
    unit: "verifications",
    entries: [
      { name: "Map.get of the whole token", contender: "map-get", algorithm: "ES256", count },
      ...used.map((algorithm) => ({
        name: `Signet, ${algorithm}`,
        contender: "signet" as const,
        algorithm,
        count,
        ours: true,
      })),
      { name: "fast-jwt with its cache, ES256", contender: "fast-jwt-cache", algorithm: "ES256", count },
    ],
  };
}

function firstSight(algorithm: SigningAlgorithm, many: number): Plan {
  const entry = (name: string, contender: ContenderName) => ({ name, contender, algorithm, count: many });
  return {
    id: `first-${algorithm}`,
    title: `A token at first sight: ${algorithm}`,
    note: "node:crypto checks the signature alone. Signet makes every check and remembers the token. jose's key is an imported CryptoKey.",
    unit: "verifications",
    entries: [
      entry("node:crypto, the signature alone", "node-crypto"),
      { ...entry("Signet", "signet-first-sight"), ours: true },
      entry("jose.jwtVerify", "jose"),
      entry("fast-jwt", "fast-jwt"),
      ...(algorithm === "Ed25519" ? [] : [entry("jsonwebtoken", "jsonwebtoken")]),
    ],
  };
}

function sign(algorithm: SigningAlgorithm): Plan {
  const entry = (name: string, contender: ContenderName) => ({ name, contender, algorithm, count: 1 });
  return {
    id: `sign-${algorithm}`,
    title: `Sign a token: ${algorithm}`,
    note: "The same claims for all; Signet checks them, and gives each token an id of its own.",
    unit: "tokens",
    entries: [
      entry("node:crypto, the signature alone", "sign/node-crypto"),
      { ...entry("Signet", "sign/signet"), ours: true },
      entry("jose", "sign/jose"),
      entry("fast-jwt", "sign/fast-jwt"),
      ...(algorithm === "Ed25519" ? [] : [entry("jsonwebtoken", "sign/jsonwebtoken")]),
    ],
  };
}

function toContender(entry: Entry, { turnMs }: Pace, materials: Materials): Contender {
  const { name, contender, algorithm, count, ours = false } = entry;
  const order: Order = { contender, count, forMs: turnMs };
  return {
    name,
    ours,
    turn: async () => {
      const { path } = await materials.of(algorithm, contender.startsWith("fast-jwt"));
      return (await askFreshProcess({
        program: "tokens/process.js",
        args: [JSON.stringify(order), path],
        core: 0,
      })) as Sample;
    },
  };
}

function toSeries({ id, title, note, unit, entries }: Plan, rows: Series["rows"]): Series {
  return { id, title, note, unit, floor: entries[0]?.name ?? "", rows };
}

interface Materials {
  of(algorithm: SigningAlgorithm, byOlderName: boolean): Promise<MaterialFile>;
  remove(): void;
}

/** Its tokens live for a quarter of an hour. */
const materialLivesMs = 600_000;

function createMaterials(many: number): Materials {
  const made = new Map<string, { file: MaterialFile; at: number }>();
  return {
    async of(algorithm, byOlderName) {
      const headerAlgorithm = byOlderName && algorithm === "Ed25519" ? olderName : algorithm;
      const known = made.get(algorithm + headerAlgorithm);
      if (known !== undefined && performance.now() - known.at < materialLivesMs) return known.file;
      known?.file.remove();
      tell(`Making ${many.toLocaleString("en")} tokens, ${headerAlgorithm} …`);
      const file = writeMaterial(await makeMaterial(algorithm, { count: many, headerAlgorithm }));
      made.set(algorithm + headerAlgorithm, { file, at: performance.now() });
      return file;
    },
    remove() {
      for (const { file } of made.values()) file.remove();
    },
  };
}
