// A refusal of the server itself, before anybody has made a `Request` of what came: the same body as everywhere.

import type { ServerResponse } from "node:http";
import { refused } from "@signet/api";

/** @param error Whatever was thrown. @param status Default: that of its reason */
export async function sendRefusal(response: ServerResponse, error: unknown, status?: number): Promise<void> {
  const answer = refused(error);
  response.writeHead(status ?? answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
}
