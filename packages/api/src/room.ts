// Room for so many at once, of which one network takes a part: whoever finds none is told so before anybody is asked for anything.

import { networksOf } from "@signet/accounts";
import { AuthError } from "@signet/auth/errors";

export interface Room {
  /**
   * Does the work of somebody at this address, if there is room. Where addresses are not known (`null`), all room is one.
   *
   * @throws AuthError `busy`, or what the work throws
   */
  admit<Result>(address: string | null, work: () => Promise<Result>): Promise<Result>;
}

export interface RoomOptions {
  maxAtOnce: number;
  /** Of one IPv4 address, or one IPv6 /64. */
  maxOfNetwork: number;
  /** For a person who finds no room. */
  sentence: string;
}

export function createRoom({ maxAtOnce, maxOfNetwork, sentence }: RoomOptions): Room {
  const insideOf = new Map<string, number>();
  let inside = 0;

  function leave(network: string): void {
    const left = (insideOf.get(network) ?? 1) - 1;
    if (left > 0) insideOf.set(network, left);
    else insideOf.delete(network);
  }

  return {
    async admit(address, work) {
      const network = address === null ? undefined : networksOf(address).near;
      const neighbours = network === undefined ? 0 : (insideOf.get(network) ?? 0);
      if (inside >= maxAtOnce || neighbours >= maxOfNetwork) {
        throw new AuthError("busy", sentence, { retryAfterSeconds: 1 });
      }
      inside += 1;
      if (network !== undefined) insideOf.set(network, neighbours + 1);
      try {
        return await work();
      } finally {
        inside -= 1;
        if (network !== undefined) leave(network);
      }
    },
  };
}
