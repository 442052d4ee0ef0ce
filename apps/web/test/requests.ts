// What people and programs ask of a running server.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";

export const password = "correct horse battery staple";

/** A test that starts servers of its own may take that long. */
export const startLimitMs = 60_000;

export async function signUp(url: string, username = `user-${randomBytes(4).toString("hex")}`) {
  const answer = await fetch(`${url}/api/trpc/auth.signUp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  const body = await answer.json();
  return { username, accessToken: String(body.result?.data.accessToken), status: answer.status };
}

export const whoIs = (url: string, accessToken: string) =>
  fetch(`${url}/api/protected`, { headers: { authorization: `Bearer ${accessToken}` } });

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Question {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Asks for an address as it is written: `fetch` would tidy it up first, and follow where it is sent. */
export async function ask(url: string, path: string, { method = "GET", headers = {}, body }: Question = {}) {
  const { hostname, port } = new URL(url);
  const asked = request({ hostname, port, path, method, headers, agent: false }).end(body);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) } satisfies Answer;
}
