import { mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixedClock } from "@signet/auth/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openFileNoteStore } from "./file-note-store.ts";
import { maxNotesBytes, maxNotesPerPerson, type NoteStore, type Owner } from "./note-store.ts";

const issuer = "https://issuer.example";
const ada: Owner = { issuer, subject: "ada" };
const bob: Owner = { issuer, subject: "bob" };

let root: string;
let folder: string;
let store: NoteStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "signet notes "));
  folder = join(root, "data", "notes");
  store = await open();
});

afterEach(() => rm(root, { recursive: true, force: true }));

function open(): Promise<NoteStore> {
  return openFileNoteStore({ folder, clock: fixedClock(1_700_000_000_999) });
}

async function onlyFile(): Promise<string> {
  const [name, ...others] = await readdir(folder);
  expect(others).toEqual([]);
  return join(folder, name ?? "");
}

describe("notes in files", () => {
  test("are there again after a restart, the newest first", async () => {
    const first = await store.add(ada, "first");
    const second = await store.add(ada, "second\u2028 \ud83d\udd8b \u0000");
    expect(first).toEqual({ id: expect.stringMatching(/^[\w-]{16}$/), text: "first", createdAt: 1_700_000_000 });
    expect(await (await open()).list(ada)).toEqual([second, first]);
  });

  test("belong to one person of one issuer, whatever their ids are made of (RS-11)", async () => {
    const others = [
      bob,
      { issuer: "https://other.example", subject: "ada" },
      { issuer: `${issuer}a`, subject: "da" },
      { issuer: "", subject: `${issuer}ada` },
      { issuer, subject: "../ada" },
      { issuer, subject: "__proto__" },
    ];
    const note = await store.add(ada, "mine");
    for (const other of others) {
      expect(await store.list(other)).toEqual([]);
      await expect(store.remove(other, note.id)).rejects.toMatchObject({ reason: "not_found" });
      await store.add(other, "theirs");
    }
    expect(await store.list(ada)).toEqual([note]);
    expect((await readdir(folder)).every((name) => /^[0-9a-f]{64}\.json$/.test(name))).toBe(true);
    expect(await readdir(folder)).toHaveLength(others.length + 1);
  });

  test("go when they are removed, once", async () => {
    const kept = await store.add(ada, "kept");
    const removed = await store.add(ada, "removed");
    await store.remove(ada, removed.id);
    expect(await store.list(ada)).toEqual([kept]);
    await expect(store.remove(ada, removed.id)).rejects.toMatchObject({ reason: "not_found" });
  });

  test("that are written at once are all kept", async () => {
    const texts = Array.from({ length: 40 }, (_, index) => `note ${index}`);
    const added = await Promise.all(texts.map((text) => store.add(ada, text)));
    await Promise.all([store.remove(ada, added[7]?.id ?? ""), store.add(bob, "beside")]);
    expect((await store.list(ada)).map(({ text }) => text).toReversed()).toEqual(
      texts.filter((text) => text !== "note 7"),
    );
  });

  test("are not more than there is room for, and one that is removed makes room", async () => {
    const notes = Array.from({ length: maxNotesPerPerson }, (_, n) => ({ id: String(n), text: "x", createdAt: n }));
    await store.add(ada, "makes the file");
    await writeFile(await onlyFile(), JSON.stringify({ version: 1, notes }));
    const refusal = { reason: "input_invalid", claim: "text", problem: "too_many" };
    await expect(store.add(ada, "one more")).rejects.toMatchObject(refusal);
    await store.remove(ada, "3");
    await store.add(ada, "one more");
    expect(await store.list(ada)).toHaveLength(maxNotesPerPerson);
  });

  test("are not longer, all of them as they are sent, than there is room for (SRV-04)", async () => {
    // Each character is six in JSON.
    const long = "\u0001".repeat(2_000);
    let kept = 0;
    const refused = await (async () => {
      for (; kept < maxNotesPerPerson; kept += 1) await store.add(ada, long);
    })().catch((error: unknown) => error);
    expect(refused).toMatchObject({ reason: "input_invalid", claim: "text", problem: "too_many" });
    expect(kept).toBe(21);
    await store.add(ada, "a short one");
    await store.add(bob, long);
    expect(Buffer.byteLength(JSON.stringify(await store.list(ada)))).toBeLessThanOrEqual(maxNotesBytes);
  });

  test.each([
    ["empty", ""],
    ["half written", '{"version":1,"notes":[{"id":"a","te'],
    ["of another kind", '{"version":2,"notes":[]}'],
    ["not of notes", '{"version":1,"notes":[{"id":1}]}'],
  ])("in a file that is %s are 503 for their owner alone, and the file stays as it is", async (_name, content) => {
    await store.add(ada, "canary of ada");
    const file = await onlyFile();
    await writeFile(file, content);
    const refusal = { reason: "storage_unavailable" };
    await expect(store.list(ada)).rejects.toMatchObject(refusal);
    await expect(store.add(ada, "more")).rejects.toMatchObject(refusal);
    await expect(store.remove(ada, "a")).rejects.toMatchObject(refusal);
    expect(await readFile(file, "utf8")).toBe(content);
    await store.add(bob, "unharmed");
    expect(await store.list(bob)).toHaveLength(1);
  });

  test("never appear in an error", async () => {
    await store.add(ada, "x");
    await writeFile(await onlyFile(), "canary of a note, cut in ha");
    const error: unknown = await store.list(ada).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ reason: "storage_unavailable", cause: { message: expect.stringContaining(folder) } });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error)) + String((error as Error).cause)).not.toContain(
      "canary",
    );
  });

  test("that cannot be written are 503, and nothing is left of the attempt", async () => {
    const away = `${folder} away`;
    await rename(folder, away);
    await expect(store.add(ada, "x")).rejects.toMatchObject({ reason: "storage_unavailable" });
    await rename(away, folder);
    expect(await readdir(folder)).toEqual([]);
    await store.add(ada, "x");
    expect(await store.list(ada)).toHaveLength(1);
  });

  test("are readable by the owner of the process alone", async () => {
    await store.add(ada, "x");
    expect((await stat(await onlyFile())).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  test("leave no drafts of a process that died; one that is at work keeps its own", async () => {
    const old = join(folder, "a.json.0.draft");
    const young = join(folder, "b.json.0.draft");
    await Promise.all([writeFile(old, "{"), writeFile(young, "{")]);
    await utimes(old, new Date(0), new Date(0));
    await open();
    expect(await readdir(folder)).toEqual(["b.json.0.draft"]);
  });
});
