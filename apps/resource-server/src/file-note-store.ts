// Notes in files, one small file per person. A file is replaced whole or not at all, so that the death of the process at any
// moment costs nothing that was answered; one that cannot be read is left as it is and concerns its owner alone.
//
// For one process per folder: two would not see each other's writes between reading and replacing.

import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, numericDate } from "@signet/auth/clock";
import { AuthError } from "@signet/auth/errors";
import { z } from "zod";
import { maxNotesBytes, maxNotesPerPerson, type Note, type NoteStore, type Owner } from "./note-store.ts";

const fileSchema = z.strictObject({
  version: z.literal(1),
  /** The oldest first. */
  notes: z.array(z.strictObject({ id: z.string(), text: z.string(), createdAt: z.int() })),
});

/** Nobody needs longer to replace a file; an older draft is what a dead process has left. */
const draftMaxAgeMs = 60_000;

/**
 * Opens the folder, and makes it where there is none.
 *
 * @throws Error when that is not possible
 */
export async function openFileNoteStore({ folder, clock }: { folder: string; clock: Clock }): Promise<NoteStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeOldDrafts(folder);
  /** The last change of each person that is under way. */
  const changes = new Map<string, Promise<unknown>>();

  /** One after the other for each person: each begins with what the one before has left. */
  function change<T>(owner: Owner, apply: (notes: Note[]) => { notes: Note[]; result: T }): Promise<T> {
    const name = nameOf(owner);
    const before = changes.get(name) ?? Promise.resolve();
    const path = join(folder, name);
    const changed = before
      // Whoever asked for it was told; it is not the next one's business.
      .catch(() => {})
      .then(async () => {
        const { notes, result } = apply(await read(path));
        await replace(folder, path, notes);
        return result;
      });
    changes.set(name, changed);
    const forget = () => {
      if (changes.get(name) === changed) changes.delete(name);
    };
    changed.then(forget, forget);
    return changed;
  }

  return {
    list: async (owner) => (await read(join(folder, nameOf(owner)))).toReversed(),
    add: (owner, text) =>
      change(owner, (notes) => {
        const note = { id: randomBytes(12).toString("base64url"), text, createdAt: numericDate(clock) };
        const all = [...notes, note];
        if (all.length > maxNotesPerPerson || Buffer.byteLength(JSON.stringify(all)) > maxNotesBytes) {
          throw new AuthError("input_invalid", "There is no room for more notes: remove one first.", {
            claim: "text",
            problem: "too_many",
          });
        }
        return { notes: all, result: note };
      }),
    remove: (owner, id) =>
      change(owner, (notes) => {
        const left = notes.filter((note) => note.id !== id);
        if (left.length === notes.length) throw new AuthError("not_found", "There is no such note.");
        return { notes: left, result: undefined };
      }),
  };
}

/** Ids come from tokens and are no file names; a hash is one, whatever they hold. */
function nameOf({ issuer, subject }: Owner): string {
  // As JSON, so that no other pair of texts comes to the same.
  return `${createHash("sha256")
    .update(JSON.stringify([issuer, subject]))
    .digest("hex")}.json`;
}

async function read(path: string): Promise<Note[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw unavailable(error);
  }
  try {
    return fileSchema.parse(JSON.parse(text)).notes;
  } catch {
    // Without the cause, which may quote what is in the file.
    throw unavailable(new Error(`${path} is not a file of notes. It is left as it is.`));
  }
}

async function replace(folder: string, path: string, notes: Note[]): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString("hex")}.draft`;
  try {
    // On the disk before it has its name: half a file must never have it.
    await writeFile(draft, JSON.stringify({ version: 1, notes }), { mode: 0o600, flag: "wx", flush: true });
    await rename(draft, path);
    await flushFolder(folder);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw unavailable(error);
  }
}

/** The new name is on the disk, too. */
async function flushFolder(folder: string): Promise<void> {
  // There a folder cannot be opened, nor need it be.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeOldDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".draft")) continue;
    const path = join(folder, name);
    // Another process may be at work here; what is young may be its own, and what is gone is no concern.
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > draftMaxAgeMs) await rm(path, { force: true });
  }
}

function unavailable(cause: unknown): AuthError {
  return new AuthError("storage_unavailable", "The notes cannot be reached just now.", { cause });
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
