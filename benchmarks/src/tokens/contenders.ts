// Who takes part, by name: what a process that measures is told to do.

import { systemClock } from "@signet/auth/clock";
import { createRevocationList } from "@signet/auth/revocation";
import { exampleClaims } from "@signet/auth/testing";
import type { Sample } from "../rounds.ts";
import { fresh, fromHeader, type Material, randomId } from "./material.ts";
import {
  fastJwtSigner,
  joseSigner,
  jsonWebTokenSigner,
  nodeCryptoSigner,
  type SignRun,
  signetSigner,
} from "./signing.ts";
import {
  fastJwt,
  jose,
  jsonWebToken,
  mapOfTokens,
  nodeCrypto,
  type Run,
  signet,
  signetAtFirstSight,
} from "./verifying.ts";
import { measureWork, type Work } from "./work.ts";

const verifying = {
  "map-get": mapOfTokens,
  "node-crypto": nodeCrypto,
  signet,
  "signet-first-sight": signetAtFirstSight,
  jose,
  "fast-jwt": (material: Material) => fastJwt(material, false),
  "fast-jwt-cache": (material: Material) => fastJwt(material, true),
  jsonwebtoken: jsonWebToken,
} satisfies Record<string, (material: Material, others: readonly string[]) => Run | Promise<Run>>;

const signing = {
  "sign/node-crypto": nodeCryptoSigner,
  "sign/signet": signetSigner,
  "sign/jose": joseSigner,
  "sign/fast-jwt": fastJwtSigner,
  "sign/jsonwebtoken": jsonWebTokenSigner,
} satisfies Record<string, (material: Material) => SignRun | Promise<SignRun>>;

const revoking = { "revoked/map-get": mapOfSessions, "revoked/signet": revocationList };

export type ContenderName = keyof typeof verifying | keyof typeof signing | keyof typeof revoking;

export interface Order {
  contender: ContenderName;
  /** How many of the material's tokens come in turns; for revocations, how many there are. */
  count: number;
  forMs: number;
}

/** That it is asked for one token only makes it none that knows no other. */
const fewOthers = 10;

export async function carryOut({ contender, count, forMs }: Order, material: Material): Promise<Sample> {
  if (isOf(verifying, contender)) {
    const used = { ...material, tokens: material.tokens.slice(0, count) };
    const others = material.tokens.slice(count, count + fewOthers);
    // Whoever remembers tokens has seen each of them three times before it counts, and all others once: it takes so many until
    // all of their code is compiled.
    const before = contender === "signet" || contender === "fast-jwt-cache" ? count * 3 : count;
    const run = await verifying[contender](used, others);
    return measureWork({ inputs: inTurns(used.tokens, fromHeader), run, before }, forMs);
  }
  if (isOf(signing, contender)) {
    const run = await signing[contender](material);
    return measureWork({ inputs: (length) => Array.from({ length }, () => undefined), run }, forMs);
  }
  return measureWork(revoking[contender](count), forMs);
}

function isOf<Table extends object>(table: Table, name: PropertyKey): name is keyof Table {
  return Object.hasOwn(table, name);
}

/** All of them one after the other, and then from the beginning. */
export function inTurns<Item>(items: readonly Item[], make: (item: Item) => Item): (count: number) => Item[] {
  let next = 0;
  return (count) =>
    Array.from({ length: count }, () => {
      const item = items[next];
      if (item === undefined) throw new RangeError("There is nothing to take.");
      next = (next + 1) % items.length;
      return make(item);
    });
}

type Ids = { sid: string; jti: string };

const freshIds = (length: number): Ids[] =>
  Array.from({ length }, () => ({ sid: fresh(someIds.sid), jti: fresh(someIds.jti) }));
const someIds: Ids = { sid: randomId(), jti: randomId() };

export function revocationList(count: number): Work<Ids> {
  const list = createRevocationList({ clock: systemClock });
  const expiresAt = exampleClaims(systemClock).exp + 900;
  list.add(Array.from({ length: count }, (_, seq) => ({ seq, kind: "session", id: randomId(), expiresAt })));
  return { inputs: freshIds, run: { sync: (ids) => list.isRevoked(ids, "some-key") } };
}

/** One look at the same ids, in a Map: a session and a token, with nothing said of time. */
function mapOfSessions(count: number): Work<Ids> {
  const ended = new Map(Array.from({ length: count }, () => [randomId(), 0]));
  return { inputs: freshIds, run: { sync: ({ sid, jti }) => ended.has(sid) || ended.has(jti) } };
}
