// signet keys: what tokens are signed with.

import type { KeyDescription, KeyRing, WhichKeys } from "@signet/auth/keys";
import type { Command } from "commander";
import { confirm } from "./asking.ts";
import { CommandError, UsageError } from "./command-error.ts";
import { atWork, type Common, command, group, plural } from "./commands.ts";
import { fromNow, iso, span } from "./moments.ts";
import { type Colour, type Column, table } from "./output.ts";

/** The longest that an access token may live, and a margin: until then a key verifies after its last signature. */
const retentionMs = (900 + 120) * 1000;
/** Of ids in tables; `keys revoke` takes them as they stand there. */
const shownLength = 10;

const colours: Record<KeyDescription["phase"], Colour> = {
  published: "blue",
  signing: "green",
  verifying: "yellow",
  over: "dim",
  revoked: "red",
};

const columns: readonly Column<KeyDescription>[] = [
  { title: "#", of: ({ row }) => String(row?.number ?? "–") },
  { title: "KID", of: ({ kid }) => kid.slice(0, shownLength) },
  { title: "ALGORITHM", of: ({ algorithm }) => algorithm },
  { title: "PHASE", of: ({ phase }) => phase, colour: ({ phase }) => colours[phase] },
  { title: "SINCE", of: (key) => fromNow(sinceOf(key)) },
  { title: "UNTIL", of: (key) => fromNow(untilOf(key)) },
  { title: "SECRET", of: ({ row }) => row?.secretId.slice(0, shownLength) ?? "–" },
];

interface RevokeOptions extends Common {
  secret?: string;
  yes?: true;
  dryRun?: true;
}

export function keys(): Command {
  return group("keys", "what tokens are signed with", [list(), rotate(), revoke()]);
}

function list(): Command {
  return command("list", "list the signing keys, oldest first, and what each is there for", "keys list")
    .addHelpText(
      "after",
      `
Phases:
  published  others get to know it; it does not sign yet
  signing    new tokens are signed with it
  verifying  it signs no more; its last tokens may still be alive
  over       none of its tokens can be alive
  revoked    its tokens are refused`,
    )
    .action((options: Common) =>
      atWork(options, async ({ openKeys }, output) => {
        const found = (await openKeys("read")).describe();
        output.json(found.map(describe));
        output.say(found.length === 0 ? "There is no key yet." : table(found, columns, output.paint));
      }),
    );
}

function rotate(): Command {
  return command(
    "rotate",
    "publish the next key now; it signs once others have had the time to learn of it, and nobody notices",
    "keys rotate",
  ).action((options: Common) =>
    atWork(options, async (place, output) => {
      const next = await refusing((await place.openKeys("change")).rotate());
      await place.record({ kind: "key_rotated", detail: { kid: next.kid } });
      output.say(`The next key is published: ${next.kid}`);
      const seconds = ((next.row?.activeAt.getTime() ?? 0) - Date.now()) / 1000;
      output.say(seconds > 0 ? `It signs in ${span(seconds)}; until then the one before does.` : "It signs already.");
      output.json(describe(next));
    }),
  );
}

function revoke(): Command {
  return command(
    "revoke",
    "refuse a key that others have got hold of, with all tokens it signed, everywhere within a second",
    "keys revoke dGhpcyBpc24",
  )
    .argument("[kid]", "the key, or how its kid begins")
    .option("--secret <id>", "all keys of a secret that has leaked, and all sessions made under it")
    .option("--yes", "do not ask")
    .option("--dry-run", "say what would happen, and change nothing")
    .action((kid: string | undefined, options: RevokeOptions) => {
      if ((kid === undefined) === (options.secret === undefined)) {
        throw new UsageError("Name one key, or --secret ID.");
      }
      return atWork(options, async (place, output) => {
        const ring = await place.openKeys(options.dryRun ? "read" : "change");
        const { which, meant } = choose(ring, kid, options.secret);
        if (options.dryRun) {
          output.say(`${plural(meant.length, "key")} would be revoked: ${meant.map((key) => key.kid).join(", ")}`);
          return output.json({ dryRun: true, kids: meant.map((key) => key.kid) });
        }
        await confirm(`Tokens of ${plural(meant.length, "key")} will be refused everywhere.`, options);
        const { kids, sessions } = await refusing(ring.revoke(which));
        for (const revoked of kids) await place.record({ kind: "key_revoked", detail: { kid: revoked } });
        if (sessions > 0) await place.record({ kind: "sessions_ended", detail: { ended: sessions } });
        output.say(
          kids.length === 0
            ? "It was revoked before."
            : `${plural(kids.length, "key is", "keys are")} revoked: ${kids.join(", ")}`,
        );
        if (sessions > 0) output.say(`${plural(sessions, "session has", "sessions have")} ended.`);
        output.json({ kids, sessions });
      });
    });
}

/** @throws CommandError where nothing is meant, or more than one thing could be */
function choose(
  ring: KeyRing,
  kid: string | undefined,
  secret: string | undefined,
): { which: WhichKeys; meant: KeyDescription[] } {
  const all = ring.describe();
  if (kid !== undefined) {
    const whole = one(
      all.map((key) => key.kid),
      kid,
      "key of this kid",
    );
    return { which: { kid: whole }, meant: all.filter((key) => key.kid === whole) };
  }
  const ids = [...new Set(all.flatMap(({ row }) => row?.secretId ?? []))];
  const secretId = one(ids, secret ?? "", "key of this secret");
  return { which: { secretId }, meant: all.filter(({ row }) => row?.secretId === secretId) };
}

/** The whole of an id from its beginning, as tables show it. */
function one(ids: readonly string[], beginning: string, what: string): string {
  if (ids.includes(beginning)) return beginning;
  const found = beginning.length >= shownLength ? ids.filter((id) => id.startsWith(beginning)) : [];
  const [only] = found;
  if (only === undefined) throw new CommandError(`There is no ${what}; signet keys list shows all.`);
  if (found.length > 1) throw new CommandError(`There is more than one ${what}; write more of it.`);
  return only;
}

/** What the ring refuses is a sentence for the operator. */
async function refusing<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(error.message);
    throw error;
  }
}

function sinceOf({ phase, row }: KeyDescription): Date | null {
  if (row === undefined) return null;
  switch (phase) {
    case "published":
      return row.publishedAt;
    case "signing":
      return row.activeAt;
    case "verifying":
      return row.retiredAt ?? row.activeAt;
    case "over":
      return endOf(row.retiredAt);
    case "revoked":
      return row.revokedAt;
  }
}

function untilOf({ phase, row }: KeyDescription): Date | null {
  if (row === undefined) return null;
  if (phase === "published") return row.activeAt;
  if (phase === "signing") return row.retiredAt;
  return phase === "verifying" ? endOf(row.retiredAt) : null;
}

function endOf(retiredAt: Date | null): Date | null {
  return retiredAt && new Date(retiredAt.getTime() + retentionMs);
}

function describe(key: KeyDescription) {
  const { kid, algorithm, phase, row } = key;
  return {
    number: row?.number ?? null,
    kid,
    algorithm,
    phase,
    since: iso(sinceOf(key)),
    until: iso(untilOf(key)),
    secretId: row?.secretId ?? null,
  };
}
