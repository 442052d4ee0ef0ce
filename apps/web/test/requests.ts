// What people and programs ask of a running server.

import { randomBytes } from "node:crypto";

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
