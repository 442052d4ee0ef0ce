// signet audit: what concerned somebody's safety.

import { setTimeout as wait } from "node:timers/promises";
import { type AuditKind, auditKinds } from "@signet/accounts";
import type { AuditQuery, AuditStore, StoredAuditEvent } from "@signet/db";
import { type Command, Option } from "commander";
import { atWork, type Common, command } from "./commands.ts";
import { parseSpan } from "./moments.ts";
import { type Column, createOutput, table } from "./output.ts";
import { findUser, parseLimit } from "./users.ts";

const followEveryMs = 1_000;
/** Events reach the table late, by the queue of their server and by a database that was away. */
const followSeconds = 60;

const columns: readonly Column<StoredAuditEvent>[] = [
  { title: "AT (UTC)", of: ({ at }) => at.toISOString().slice(0, 19).replace("T", " ") },
  { title: "WHAT", of: ({ kind }) => kind, colour: ({ kind }) => (isAlarming(kind) ? "red" : undefined) },
  { title: "USER", of: ({ username, userId }) => username ?? userId ?? "–", flexible: true },
  { title: "ADDRESS", of: ({ address }) => address ?? "–", flexible: true },
  { title: "MORE", of: moreOf, flexible: true },
];

interface Options extends Common {
  since: number;
  user?: string;
  kind?: AuditKind[];
  limit: number;
  follow?: true;
}

export function audit(): Command {
  return command("audit", "list what concerned somebody's safety, oldest first", "audit --since 7d --user ada")
    .option("--since <span>", "how far back: 30s, 15m, 12h, 1d, 2w", parseSpan, parseSpan("1d"))
    .option("--user <name>", "of this user")
    .addOption(new Option("--kind <kind...>", "of these kinds").choices(auditKinds))
    .option("--limit <number>", "the newest so many", parseLimit, 1_000)
    .option("--follow", "go on with what happens, until Ctrl-C; with --json one event a line")
    .action((options: Options) =>
      atWork(options, async (place, output) => {
        const user = options.user === undefined ? undefined : await findUser(place, options.user);
        const query: AuditQuery = {
          sinceSeconds: options.since,
          limit: options.limit,
          ...(user === undefined ? {} : { userId: user.id }),
          ...(options.kind === undefined ? {} : { kinds: options.kind }),
        };
        const found = await place.database.audit.list(query);
        if (options.follow) return follow(place.database.audit, query, found, options);
        output.json(found.map(describe));
        output.say(found.length === 0 ? "There is nothing." : table(found, columns, output.paint));
      }),
    );
}

/** Asks again and again. What is seen twice, because it may come late, is shown once. */
async function follow(
  store: AuditStore,
  query: AuditQuery,
  first: StoredAuditEvent[],
  { json }: Common,
): Promise<void> {
  const output = createOutput(false);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const seen = new Map<number, number>();
  for (let events = first; !stop.signal.aborted; events = await store.list({ ...query, sinceSeconds: followSeconds })) {
    for (const event of events.filter(({ id }) => !seen.has(id))) {
      output.say(json ? JSON.stringify(describe(event)) : lineOf(event));
      seen.set(event.id, Date.now());
    }
    for (const [id, at] of seen) if (Date.now() - at > 2 * followSeconds * 1000) seen.delete(id);
    await wait(followEveryMs, undefined, { signal: stop.signal }).catch(() => undefined);
  }

  function lineOf(event: StoredAuditEvent): string {
    return table([event], columns, output.paint).split("\n").at(-1) ?? "";
  }
}

function isAlarming(kind: AuditKind): boolean {
  return kind === "refresh_reuse" || kind === "key_revoked" || kind === "client_refused";
}

function moreOf({ sessionId, detail }: StoredAuditEvent): string {
  const details = Object.entries(detail ?? {}).map(([name, value]) => `${name}=${String(value)}`);
  return [...details, ...(sessionId === null ? [] : [`session=${sessionId}`])].join(" ");
}

function describe({ at, ...event }: StoredAuditEvent) {
  return { ...event, at: at.toISOString() };
}
