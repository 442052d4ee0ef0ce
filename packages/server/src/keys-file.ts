// The operator's own keys: a private JWK Set in a file, read at the start and again whenever it has changed. What is bad at the start
// stops it; later on the last good keys stay in use.

import { readFile, stat } from "node:fs/promises";
import type { KeyRing, KeyRingOptions } from "@signet/auth/keys";
import type { Logger } from "pino";
import { z } from "zod";
import { SettingError } from "./setting-error.ts";

type OperatorKeys = NonNullable<KeyRingOptions["operatorKeys"]>;

export interface KeysFile {
  /** What the file held at the start. */
  keys: OperatorKeys;
  /** Looks at the file again, and gives the ring what has changed. Never rejects. */
  follow(keyRing: KeyRing): Promise<void>;
  /** What is wrong with the file now, in words for an operator; undefined while nothing is. */
  problem(): string | undefined;
}

const jwkSet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });
const readableByAll = 0o004;

/** @throws SettingError */
export async function openKeysFile(path: string, log: Pick<Logger, "info" | "error">): Promise<KeysFile> {
  let text = await readPrivate(path);
  let problem: string | undefined;

  async function takeChanged(keyRing: KeyRing): Promise<void> {
    const found = await readPrivate(path);
    if (found === text && problem === undefined) return;
    try {
      await keyRing.replaceOperatorKeys(parse(found, path));
    } catch (error) {
      if (error instanceof TypeError) throw new SettingError(`AUTH_KEYS_FILE: ${error.message}`);
      throw error;
    }
    text = found;
    log.info("AUTH_KEYS_FILE has changed: its keys are in use.");
  }

  return {
    keys: parse(text, path),
    async follow(keyRing) {
      try {
        await takeChanged(keyRing);
        problem = undefined;
      } catch (error) {
        const found = error instanceof SettingError ? error.message : "AUTH_KEYS_FILE could not be taken.";
        if (found !== problem) log.error({ err: error }, `${found} The keys that were read before stay in use.`);
        problem = found;
      }
    },
    problem: () => problem,
  };
}

/** @throws SettingError for a file that cannot be read, or that everybody can read. */
async function readPrivate(path: string): Promise<string> {
  const refuse = (why: string) =>
    new SettingError(`AUTH_KEYS_FILE must be the path of a private JWK Set, but ${why}: ${path}`);
  let mode: number;
  let text: string;
  try {
    ({ mode } = await stat(path));
    text = await readFile(path, "utf8");
  } catch (error) {
    // The cause is left out: it may quote the file.
    throw refuse(`it cannot be read (${error instanceof Error && "code" in error ? String(error.code) : "unknown"})`);
  }
  // Windows knows no such rights.
  if (process.platform !== "win32" && (mode & readableByAll) !== 0) {
    throw refuse("every user of this machine can read it (chmod 600 mends that)");
  }
  return text;
}

function parse(text: string, path: string): OperatorKeys {
  try {
    return jwkSet.parse(JSON.parse(text)).keys;
  } catch {
    throw new SettingError(
      `AUTH_KEYS_FILE must be the path of a private JWK Set, but it holds something else: ${path}`,
    );
  }
}
