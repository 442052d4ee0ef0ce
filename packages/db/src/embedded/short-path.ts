// A Unix socket's path holds about 100 bytes, a folder's path as many as it likes. For a long one there is a short way to the same folder:
// a link in a private folder of our own among the temporary files. Its name follows from the long path, so every process finds the same
// one; it is also noted in the folder itself, for people.

import { createHash } from "node:crypto";
import { lstat, mkdir, readlink, realpath, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { UnusableDatabaseError } from "../unusable-database-error.ts";

/** Below the limits of Linux (107) and macOS (103). */
const maxSocketPathBytes = 100;
const maxTemporaryFolderBytes = 60;
const noteName = "short-path";

/**
 * @param longestName Length of the longest socket name in the folder.
 * @returns A path to the folder that is short enough for its sockets: its own, or a link's.
 */
export async function shortPathTo(directory: string, longestName: number): Promise<string> {
  const path = await realpath(directory);
  if (Buffer.byteLength(path) + 1 + longestName <= maxSocketPathBytes) return path;

  const temporary = Buffer.byteLength(tmpdir()) <= maxTemporaryFolderBytes ? tmpdir() : "/tmp";
  const name = createHash("sha256").update(path).digest("hex").slice(0, 12);
  const folder = join(temporary, `signet-${userInfo().uid}-${name}`);
  await makePrivateFolder(folder);
  const link = join(folder, "d");
  await pointTo(path, link);
  await writeFile(join(path, noteName), `${link}\n`);
  return link;
}

async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch(ignoring("EEXIST"));
  const { uid, mode } = await lstat(folder).then((stats) => (stats.isDirectory() ? stats : { uid: -1, mode: 0 }));
  // Somebody else's folder could lead our connections to a database of theirs.
  if (uid !== userInfo().uid || (mode & 0o077) !== 0) {
    throw new UnusableDatabaseError(
      `${folder} is not a private folder of this user. Remove it, or set DATA_DIR to a shorter path, then start again.`,
    );
  }
}

async function pointTo(path: string, link: string): Promise<void> {
  if ((await readlink(link).catch(() => undefined)) === path) return;
  await unlink(link).catch(ignoring("ENOENT"));
  // Another process may have made the very same link in the meantime.
  await symlink(path, link).catch(ignoring("EEXIST"));
}

function ignoring(code: string): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Error && "code" in error && error.code === code)) throw error;
  };
}
