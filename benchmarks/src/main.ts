// npm run bench: all of it, or the parts that are named: tokens, sessions, http.

import { measureHttp } from "./http.ts";
import { measureSessions } from "./sessions.ts";
import { measureTokens } from "./tokens.ts";

const rounds = 5;
const parts = { tokens: measureTokens, sessions: measureSessions, http: measureHttp };

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  process.stderr.write(`There is no part ${unknown.join(", ")}. Parts: ${Object.keys(parts).join(", ")}.\n`);
  process.exit(2);
}
for (const [name, measure] of Object.entries(parts)) {
  if (asked.length === 0 || asked.includes(name)) await measure(rounds);
}
