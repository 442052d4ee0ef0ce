// People of a campaign: one who only asks and one who uses everything up; and how they get their tokens.

import { randomBytes } from "node:crypto";
import { password } from "../running-api.ts";
import { nameCanary } from "./scene.ts";

export interface Person {
  token: string;
  refreshToken: string;
}

/** Makes an account, with a name that nobody may learn. */
export async function signUpCanary(url: string): Promise<Person> {
  const username = `${nameCanary}${randomBytes(6).toString("hex")}`;
  const { result } = await call(url, "auth.signUp", { username, password, refreshToken: "body" });
  return { token: result.data.accessToken, refreshToken: result.data.refreshToken };
}

/** The next token of the same session: no password is hashed for it. */
export async function refreshed(url: string, { refreshToken }: Person): Promise<Person> {
  const { result } = await call(url, "auth.refresh", { refreshToken });
  return { token: result.data.accessToken, refreshToken: result.data.refreshToken };
}

interface Called {
  result: { data: { accessToken: string; refreshToken: string } };
}

async function call(url: string, procedure: string, input: object): Promise<Called> {
  const answer = await fetch(`${url}/api/trpc/${procedure}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(input),
  });
  if (answer.status !== 200) throw new Error(`${procedure}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
