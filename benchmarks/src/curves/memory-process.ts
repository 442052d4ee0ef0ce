// How the cost of one look-up grows with what there is to look through: one size in one process, told by its argument.

import { inTurns, revocationList } from "../tokens/contenders.ts";
import { fromHeader, type Material, makeMaterial } from "../tokens/material.ts";
import { mapOfTokens, verifierOf } from "../tokens/verifying.ts";
import { measureWork, type Work } from "../tokens/work.ts";

export interface MemoryOrder {
  kind: "remembered" | "map" | "revocations" | "claims-hit" | "claims-first";
  /** Tokens, entries, or characters of scope. */
  size: number;
  turns: number;
  forMs: number;
}

/** So many of them come in turns: making fresh strings of all would take longer than anything that is measured. */
const sample = 10_000;
const bytesPerToken = 4_000;
const fewTokens = 500;

const order = JSON.parse(process.argv[2] ?? "{}") as MemoryOrder;
process.stdout.write(JSON.stringify(await measure(order)));

/** @returns Microseconds each, turn by turn. */
async function measure({ kind, size, turns, forMs }: MemoryOrder): Promise<number[]> {
  if (kind === "revocations") return inTurnsOf(revocationList(size), turns, forMs);
  if (kind === "remembered") return inTurnsOf(await remembered(size), turns, forMs);
  if (kind === "map") {
    const material = await makeMaterial("HS256", { count: size });
    return inTurnsOf({ inputs: someOf(material), run: mapOfTokens(material) }, turns, forMs);
  }
  const material = await makeMaterial("ES256", { count: fewTokens, scope: "x".repeat(size) });
  const verifier = await verifierOf(material, kind === "claims-hit" ? undefined : false);
  const run = { async: (token: string) => verifier.verify(token) };
  return inTurnsOf({ inputs: someOf(material), run, before: fewTokens * 3 }, turns, forMs);
}

/** HS256, which takes the least to fill it. Each token comes twice in a row, so that it stays. */
async function remembered(size: number): Promise<Work<string>> {
  const material = await makeMaterial("HS256", { count: size });
  const cache = { maxEntries: size * 4, maxBytes: size * 4 * bytesPerToken };
  const verifier = await verifierOf(material, cache);
  for (const token of material.tokens) {
    await verifier.verify(token);
    await verifier.verify(token);
  }
  return { inputs: someOf(material), run: { async: (token) => verifier.verify(token) } };
}

/** Spread over all of them. */
function someOf({ tokens }: Material): (count: number) => string[] {
  const stride = Math.max(1, Math.floor(tokens.length / sample));
  return inTurns(
    tokens.filter((_, index) => index % stride === 0),
    fromHeader,
  );
}

async function inTurnsOf<Input>(work: Work<Input>, turns: number, forMs: number): Promise<number[]> {
  const seen: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) seen.push(1e6 / (await measureWork(work, forMs)).perSecond);
  return seen;
}
