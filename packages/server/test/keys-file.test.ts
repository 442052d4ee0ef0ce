// The operator's file of keys, as it is found again and again.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKeyRing } from "@signet/auth/keys";
import { createMemorySigningKeyStore } from "@signet/auth/testing";
import pino from "pino";
import { expect, test } from "vitest";
import { openKeysFile } from "../src/keys-file.ts";

const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
const write = (file: string, content: unknown) => writeFile(file, JSON.stringify(content), { mode: 0o600 });

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "signet test "));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openFile(folder: string) {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => lines.push(line) });
  const path = join(folder, "keys.json");
  const good = { keys: [newKey()] };
  await write(path, good);
  const file = await openKeysFile(path, log);
  const store = createMemorySigningKeyStore(Date.now);
  const secrets = [randomBytes(32).toString("base64url")];
  const ring = createKeyRing({ algorithm: "ES256", secrets, store, clock: Date.now, operatorKeys: file.keys });
  await ring.load();
  return { path, good, file, ring, lines };
}

test.each([
  ["is cut in half", (path: string) => writeFile(path, '{"keys":[')],
  ["holds no key", (path: string) => write(path, { keys: [] })],
  ["holds a public key", (path: string) => write(path, { keys: [{ ...newKey(), d: undefined }] })],
  [
    "holds a key of another algorithm first",
    (path: string) => write(path, { keys: [{ kty: "RSA", n: "AQAB", e: "AQAB", d: "AQ" }] }),
  ],
  ["can be read by everybody", (path: string) => chmod(path, 0o644)],
  ["is gone", (path: string) => rm(path)],
])("a file that %s changes nothing, is told of once, and is taken when it is mended (F22)", (_name, spoil) =>
  withFolder(async (folder) => {
    const { path, good, file, ring, lines } = await openFile(folder);
    const { kid } = ring.signingKey();
    await spoil(path);
    for (let poll = 0; poll < 3; poll += 1) await file.follow(ring);
    expect(ring.signingKey().kid).toBe(kid);
    expect(file.problem()).toContain("AUTH_KEYS_FILE");
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain(String(good.keys[0]?.d));

    await write(path, { keys: [newKey(), ...good.keys] });
    await chmod(path, 0o600);
    await file.follow(ring);
    expect(file.problem()).toBeUndefined();
    expect(ring.signingKey().kid).not.toBe(kid);
  }),
);

test("a file that stays as it is costs no import", () =>
  withFolder(async (folder) => {
    const { file, ring, lines } = await openFile(folder);
    const before = ring.signingKey();
    await file.follow(ring);
    expect(ring.signingKey()).toBe(before);
    expect(lines).toEqual([]);
  }));
