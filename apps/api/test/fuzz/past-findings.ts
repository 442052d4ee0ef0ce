// Requests that were answered wrongly once, as they were sent. They are sent again in every campaign, whatever its seed; a new finding
// is added here with the fault it showed.

import type { FuzzRequest } from "./messages.ts";
import type { Scene } from "./scene.ts";

interface Finding {
  /** What it did. */
  did: string;
  /** `{token}` stands for one that is good. */
  text: string;
}

const get = (target: string, ...lines: string[]) =>
  `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
const post = (target: string, type: string, body: string) =>
  `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const findings: readonly Finding[] = [
  { did: "500: tRPC cannot decode the path", text: get("/api/trpc/auth.whoami%") },
  {
    did: "500: the same, in a batch and with a body",
    text: post("/api/trpc/auth.refresh,auth.signUp%?batch=1", "application/json", "{}"),
  },
  { did: "500: the same, as a page would send it", text: post("/api/trpc/auth.signOut%ff", "text/plain", "{}") },
  { did: "500: no URL has a backslash in its path", text: get("/\\other.example") },
  { did: "500: the same, behind an endpoint", text: get("/api/protected\\..\\x", "Authorization: Bearer {token}") },
  {
    did: "JSON called text/plain",
    text: get("/api/trpc/auth.whoami", "Accept: application/jsonl", "Authorization: Bearer {token}"),
  },
  { did: "JSON called text/plain", text: get("/api/trpc/auth.__proto__", "trpc-accept: application/jsonl") },
];

export function pastFindings({ asker }: Scene): FuzzRequest[] {
  return findings.map(({ text }) => ({
    seed: 0,
    parts: [Buffer.from(text.replaceAll("{token}", asker.token), "latin1")],
    isHead: false,
    end: "stays",
    mayKnow: text.includes("{token}"),
  }));
}
