// Sessions that were signed out in this browser. A late answer must not bring one back, in any tab; and one whose end the
// server has not heard of yet is told again until it has. What is stored of them is their id, and nothing secret: the
// cookie is the proof. A session without one ends by itself when its short access token does.

import { createBackOff } from "./back-off.ts";
import type { ClientClock } from "./client-clock.ts";
import { type ClientStorage, signedOutKey } from "./client-storage.ts";
import { parseJson, recordOf } from "./json.ts";
import type { SessionApi, SignOutRequest } from "./session-api.ts";

export interface SignOuts {
  /** Whether this session was signed out here. */
  has(session: string): boolean;
  /** Remembers the session as signed out; `told` when the server knows. */
  note(session: string, told: boolean): void;
  /** The server has just issued a token for it. */
  forget(session: string): void;
  /** Tells the server; repeats that later when there is no answer. Ends after the first try. */
  tell(proof: SignOutRequest): Promise<void>;
  /** Tells the server about all that it has not heard of yet: at the start, and when the network is back. */
  resume(): Promise<void>;
}

export interface SignOutsOptions {
  storage: ClientStorage;
  api: SessionApi;
  clock: ClientClock;
  random: () => number;
}

interface SignedOut {
  session: string;
  told: boolean;
}

/** Late answers come within seconds; and nobody signs out of more sessions than this while a server is away. */
const keptAtMost = 20;

export function createSignOuts({ storage, api, clock, random }: SignOutsOptions): SignOuts {
  const backOff = createBackOff(random);
  /** For this page alone: what proves a session beside its cookie. */
  const proofs = new Map<string, SignOutRequest>();
  let cancelPlanned: () => void = nothing;
  let telling: Promise<void> | undefined;

  const read = () => parseSignedOut(storage.read(signedOutKey));
  const write = (list: SignedOut[]) => storage.write(signedOutKey, JSON.stringify(list.slice(-keptAtMost)));

  function note(session: string, told: boolean): void {
    write([...read().filter((other) => other.session !== session), { session, told }]);
  }

  async function tellAll(): Promise<void> {
    for (const { session } of read().filter(({ told }) => !told)) {
      const answer = await api.signOut(proofs.get(session) ?? { session, bearer: undefined, refreshToken: undefined });
      if (answer.kind === "unreachable") {
        cancelPlanned();
        cancelPlanned = clock.after(backOff.nextMs(answer.retryAfterMs), () => void resume());
        return;
      }
      proofs.delete(session);
      if (read().some((other) => other.session === session)) note(session, true);
    }
    backOff.reset();
  }

  function resume(): Promise<void> {
    cancelPlanned();
    telling ??= tellAll().finally(() => {
      telling = undefined;
    });
    return telling;
  }

  return {
    has: (session) => read().some((other) => other.session === session),
    note,
    forget(session) {
      const list = read();
      const left = list.filter((other) => other.session !== session);
      if (left.length < list.length) write(left);
    },
    async tell(proof) {
      proofs.set(proof.session, proof);
      note(proof.session, false);
      // One that is under way has begun without this session.
      await telling;
      await resume();
    },
    resume,
  };
}

function parseSignedOut(text: string | null): SignedOut[] {
  const list = parseJson(text);
  if (!Array.isArray(list)) return [];
  return list.slice(-keptAtMost).flatMap((entry) => {
    const { session, told } = recordOf(entry) ?? {};
    return typeof session === "string" && typeof told === "boolean" ? [{ session, told }] : [];
  });
}

function nothing(): void {}
