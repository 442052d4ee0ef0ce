// The `Authorization` of a request: the right one, one that is nearly right, several, or none.

import { awkwardText, secretCanary } from "./awkward-texts.ts";
import type { Chance } from "./chance.ts";
import type { Scene } from "./scene.ts";
import { bentToken, noToken } from "./tokens.ts";

export interface Credentials {
  headers: (readonly [name: string, value: string])[];
  /** Whether they are good: all else must be as if there were none. */
  isGood: boolean;
  /** What a bearer's endpoint answers, where it needs nothing else. */
  status: 200 | 400 | 401;
}

/** @param good The token that may be used, where one is. */
export function credentials(chance: Chance, scene: Scene, good: string): Credentials {
  const { bent, client, asker } = scene;
  const bearer = (token: string): [string, string] => [chance.pick(["Authorization", "authorization"]), token];
  const refused = (...values: string[]): Credentials => ({ headers: values.map(bearer), isGood: false, status: 401 });
  return chance.weighted([
    [3, () => ({ headers: [], isGood: false, status: 401 })],
    [6, () => ({ headers: [bearer(`${scheme(chance)}${good}`)], isGood: true, status: 200 })],
    [6, () => refused(`${scheme(chance)}${bentToken(chance, asker.token, bent)}`)],
    [1, () => refused(`${scheme(chance)}${noToken(chance)}`)],
    [1, () => refused(`Bearer${chance.pick(["\t", ",", "=", "", "\u00a0", ' "', " '", ":"])}${good}`)],
    [1, () => refused(`Bearer ${good}${chance.pick([", Bearer x", " x", ",", '"', "\u00e9", ";"])}`)],
    [1, () => refused(chance.pick(["Basic", "DPoP", "Bearers", "Token", "Negotiate", "JWT"]) + " " + good)],
    [0.5, () => refused(awkwardText(chance).slice(0, 2_000))],
    [0.5, () => refused(`Basic ${Buffer.from(awkwardText(chance)).toString("base64").slice(0, 4_000)}`)],
    [0.5, () => refused(`Bearer ${"A".repeat(9_000)}`)],
    [0.5, () => refused(client)],
    [1, () => ({ ...refused(`Bearer ${good}`, chance.pick([`Bearer ${good}`, "Basic eDp5", "x"])), status: 400 })],
    [1, () => ({ headers: misplaced(chance, good), isGood: false, status: 401 })],
  ]);
}

function scheme(chance: Chance): string {
  return chance.pick(["Bearer", "bearer", "BEARER", "bEaReR"]) + chance.pick([" ", " ", "   "]);
}

/** Where a token counts for nothing. */
function misplaced(chance: Chance, good: string): [string, string][] {
  return [
    chance.pick<[string, string]>([
      ["Cookie", `access_token=${good}; token=${good}; signet_refresh_${"A".repeat(22)}=${secretCanary}`],
      ["X-Access-Token", good],
      ["Proxy-Authorization", `Bearer ${good}`],
      ["X-Forwarded-Authorization", `Bearer ${good}`],
      ["Authorization-Token", `Bearer ${good}`],
      ["Sec-WebSocket-Protocol", good],
    ]),
  ];
}
