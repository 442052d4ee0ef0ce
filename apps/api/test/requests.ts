// What is asked of a running API.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { password } from "./running-api.ts";

/** @returns what the API answers to a new account: tokens of its first session */
export async function signUp(url: string): Promise<{ accessToken: string; refreshToken: string; status: number }> {
  const username = `user-${randomBytes(8).toString("hex")}`;
  const answer = await fetch(`${url}/api/trpc/auth.signUp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password, refreshToken: "body" }),
  });
  const body = await answer.json();
  return { ...body.result?.data, status: answer.status };
}

export const whoIs = (url: string, accessToken: string) =>
  fetch(`${url}/api/protected`, { headers: { authorization: `Bearer ${accessToken}` } });

export async function readiness(url: string): Promise<{ status: number; body: unknown }> {
  // On a connection of its own: each may reach another worker.
  const answer = await fetch(`${url}/readyz`, { headers: { connection: "close" } });
  return { status: answer.status, body: await answer.json() };
}

/** Sends bytes as they are. @returns all that comes back until the connection ends */
export async function raw(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString("latin1")));
  // Being cut off while sending is one of the answers.
  socket.on("error", () => undefined);
  socket.write(bytes);
  await once(socket, "close");
  return text;
}
