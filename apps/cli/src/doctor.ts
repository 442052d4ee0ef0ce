// signet doctor: looks at everything that a server needs, changes nothing, and says what to do.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isAuthError } from "@signet/auth/errors";
import { checkSecret } from "@signet/auth/keys";
import { isForPeople, settings as readSettings, type Settings } from "@signet/server";
import type { Command } from "commander";
import { CommandError } from "./command-error.ts";
import { type Common, command } from "./commands.ts";
import { span } from "./moments.ts";
import { type Colour, createOutput, type Output } from "./output.ts";
import { dataDirIn, type Workplace, withWorkplace } from "./workplace.ts";

interface Finding {
  what: string;
  state: "ok" | "warn" | "bad";
  /** What was found, and what to do where something is. */
  says: string;
}

const colours: Record<Finding["state"], Colour> = { ok: "green", warn: "yellow", bad: "red" };
/** Of a file: anything for others than its owner. */
const forOthers = 0o077;
const maxClockDifferenceMs = 30_000;
const serverTimeoutMs = 2_000;

export function doctor(): Command {
  return command(
    "doctor",
    "look at all that a server needs, and say what to do; exit code 1 if something is bad",
    "doctor",
  ).action(async (options: Common) => {
    const output = createOutput(options.json === true);
    const findings: Finding[] = [node()];
    const settings = await examine(findings, "settings", () => {
      const found = readSettings();
      return { found, finding: ok("settings", "each can be used") };
    });
    if (settings !== undefined) {
      findings.push(
        origin(settings),
        secret(settings),
        ...(await files(settings)),
        ...(await tables(settings, output)),
      );
      findings.push(await server(settings));
    }
    output.json(findings);
    for (const { what, state, says } of findings) {
      output.say(`${output.paint(colours[state], state.padEnd(4))}  ${what.padEnd(11)}  ${says}`);
    }
    const wrong = findings.filter(({ state }) => state === "bad");
    if (wrong.length > 0) throw new CommandError(`Not in order: ${wrong.map(({ what }) => what).join(", ")}.`);
  });
}

/** Adds what was found; what throws is bad. @returns what it was looking for */
async function examine<Found>(
  findings: Finding[],
  what: string,
  look: () => Promise<{ found: Found; finding: Finding }> | { found: Found; finding: Finding },
): Promise<Found | undefined> {
  try {
    const { found, finding } = await look();
    findings.push(finding);
    return found;
  } catch (error) {
    findings.push({ what, state: "bad", says: sentenceOf(error) });
    return undefined;
  }
}

function node(): Finding {
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major >= 22) return ok("Node.js", process.versions.node);
  return warn("Node.js", `${process.versions.node} works; 22 or newer gets fixes for longer`);
}

function origin({ APP_URL, ALLOW_INSECURE_HTTP }: Settings): Finding {
  if (APP_URL.startsWith("https:")) return ok("APP_URL", APP_URL);
  const isOpen = ALLOW_INSECURE_HTTP && !/\/\/(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(APP_URL);
  return isOpen
    ? warn("APP_URL", `${APP_URL}: tokens travel readable by everybody on the way; put TLS in front`)
    : warn("APP_URL", `${APP_URL} is for this machine alone; a public server needs https`);
}

function secret({ AUTH_SECRET, DATABASE_URL }: Settings): Finding {
  if (AUTH_SECRET === undefined) return ok("AUTH_SECRET", "generated, in DATA_DIR");
  try {
    for (const one of AUTH_SECRET) checkSecret(one);
  } catch (error) {
    return bad("AUTH_SECRET", sentenceOf(error));
  }
  const others = AUTH_SECRET.length - 1;
  if (others > 2)
    return warn("AUTH_SECRET", `${others} former ones are accepted; take out those of more than 30 days ago`);
  return ok("AUTH_SECRET", DATABASE_URL === undefined ? "set, and good" : "set, and good; all replicas need the same");
}

async function files(settings: Settings): Promise<Finding[]> {
  if (process.platform === "win32") return [];
  const dataDir = dataDirIn(settings);
  const generated = settings.AUTH_SECRET === undefined ? [join(dataDir, "auth-secret")] : [];
  const embedded = settings.DATABASE_URL === undefined ? [join(dataDir, "postgres")] : [];
  const own = settings.AUTH_KEYS_FILE === undefined ? [] : [settings.AUTH_KEYS_FILE];
  const paths = [...generated, ...embedded, ...own];
  const open: string[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && (found.mode & forOthers) !== 0) open.push(path);
  }
  if (open.length === 0) return paths.length === 0 ? [] : [ok("files", "readable by their owner alone")];
  return [bad("files", `others can read ${open.join(", ")}; chmod go= mends that`)];
}

async function tables(settings: Settings, output: Output): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    await withWorkplace({ output, migrate: false }, async (place) => {
      const startedAt = performance.now();
      await place.database.ping();
      const took = performance.now() - startedAt;
      const kind = settings.DATABASE_URL === undefined ? "embedded: for one machine" : "PostgreSQL";
      findings.push(ok("database", `${kind}; it answers within ${Math.ceil(took)} ms`));
      const pending = await place.database.pendingMigrations();
      if (pending.length > 0) {
        const word = settings.MIGRATE_ON_START ? warn : bad;
        findings.push(word("migrations", `${pending.length} to be applied: start the server, or run signet migrate`));
        return;
      }
      findings.push(ok("migrations", "all are applied"));
      await examineKeys(place, findings);
      await examine(findings, "revocations", async () => {
        const { last } = await place.database.revocations.listRevocations(0, 1);
        return { found: last, finding: ok("revocations", `the list can be read; ${last} so far`) };
      });
    });
  } catch (error) {
    findings.push(bad("database", `${sentenceOf(error)} Check DATABASE_URL, and that the server runs.`));
  }
  return findings;
}

async function examineKeys({ openKeys, settings }: Workplace, findings: Finding[]): Promise<void> {
  await examine(findings, "keys", async () => {
    const ring = await openKeys("read");
    const ahead = ring.databaseClockAheadMs;
    findings.push(
      Math.abs(ahead) > maxClockDifferenceMs
        ? bad("clock", `the database's is ${span(ahead / 1000)} ahead of ours; set both by NTP`)
        : ok("clock", `within ${Math.max(1, Math.ceil(Math.abs(ahead) / 1000))} s of the database's`),
    );
    const all = ring.describe();
    const signing = all.find(({ phase }) => phase === "signing");
    const foreign = all.filter(({ phase, row }) => phase === "verifying" && row?.retiredAt === null).length;
    if (signing !== undefined) {
      const finding =
        foreign === 0
          ? ok("keys", `${signing.algorithm}, ${signing.kid.slice(0, 10)} signs`)
          : warn(
              "keys",
              `${foreign} of a secret that is not set here: put the former one behind the new one in AUTH_SECRET`,
            );
      return { found: undefined, finding };
    }
    if (all.length === 0)
      return { found: undefined, finding: warn("keys", "there is none yet: the first start makes one") };
    return {
      found: undefined,
      finding: bad("keys", `none signs ${settings.AUTH_ALGORITHM} with this AUTH_SECRET; is it the one of the server?`),
    };
  });
}

/** What the running server says of itself, the age of its revocations among it. */
async function server({ APP_URL }: Settings): Promise<Finding> {
  try {
    const answer = await fetch(`${APP_URL}/readyz`, { signal: AbortSignal.timeout(serverTimeoutMs) });
    const { ready, checks } = (await answer.json()) as { ready?: unknown; checks?: Record<string, unknown> };
    if (ready === true) return ok("server", `ready at ${APP_URL}`);
    const words = Object.entries(checks ?? {}).filter(([, word]) => word !== "ok");
    return bad("server", `not ready: ${words.map(([name, word]) => `${name} ${String(word)}`).join(", ")}`);
  } catch {
    return warn("server", `nothing answers at ${APP_URL}; npm start starts one`);
  }
}

function sentenceOf(error: unknown): string {
  if (isForPeople(error) || isAuthError(error) || error instanceof TypeError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function ok(what: string, says: string): Finding {
  return { what, state: "ok", says };
}

function warn(what: string, says: string): Finding {
  return { what, state: "warn", says };
}

function bad(what: string, says: string): Finding {
  return { what, state: "bad", says };
}
