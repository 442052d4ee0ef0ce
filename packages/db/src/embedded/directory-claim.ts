// Who owns the folder of an embedded database. PGlite does not notice when two processes open one folder, and both would destroy it.
//
// A claim is a socket on which its process listens, in the folder, under a name that is never used again. The kernel closes it when
// the process is gone, however it went, so a claim that refuses connections is dead: no process numbers are compared, and none can have
// been given out again. Whoever wants the folder first shows a claim and then looks for others; of two, the one who looks later sees the
// other. So at most one sees none, and that one owns the folder until its claim is closed.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, rename, unlink } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** `claiming`: has looked for no others yet. `ending`: still writes, and takes no connections any more. */
export type ClaimState = "claiming" | "starting" | "ready" | "ending";

export interface Claim {
  setState(state: Exclude<ClaimState, "claiming">): void;
  /** After the last write to the folder. */
  release(): Promise<void>;
}

/** A claim of another process that is alive. */
export interface Owner {
  name: string;
  pid: number;
  /** `silent` when it does not answer: its process is busy, stopped, or belongs to somebody else. */
  state: ClaimState | "silent";
}

/** The longest name of a socket in the folder: process ids have at most seven digits. */
export const longestSocketName = "owner-1234567-0123456789abcdef.sock".length;

const namePattern = /^owner-(\d+)-[0-9a-f]{16}\.sock$/;
const answerTimeoutMs = 1_000;
const claimTimeoutMs = 5_000;
const claimPollMs = 20;

/** @returns `undefined` when another process owns the folder or wants it too. */
export async function claimDirectory(directory: string): Promise<Claim | undefined> {
  const claim = await showClaim(directory);
  const giveUpAt = performance.now() + claimTimeoutMs;
  while (performance.now() < giveUpAt) {
    const others = await findOwners(directory, claim.name);
    if (others.length === 0) {
      claim.setState("starting");
      return claim;
    }
    // Of several that are still looking, the first by name stays and the others go.
    if (!others.every(({ state, name }) => state === "claiming" && claim.name < name)) break;
    await sleep(claimPollMs);
  }
  await claim.release();
  return undefined;
}

/** The claims of living processes on the folder; those of dead ones are cleared away. */
export async function findOwners(directory: string, except?: string): Promise<Owner[]> {
  const names = (await readdir(directory)).filter((name) => namePattern.test(name) && name !== except);
  const owners = await Promise.all(names.map((name) => askOwner(directory, name)));
  return owners.filter((owner) => owner !== undefined);
}

/**
 * Watches a claim.
 *
 * @param onEnded Called once, when its process has ended or released it.
 * @returns Stops watching.
 */
export function watchOwner(directory: string, { name }: Owner, onEnded: () => void): () => void {
  const socket = connect(join(directory, name));
  socket.resume();
  // The close that follows says enough.
  socket.on("error", () => undefined);
  socket.once("close", onEnded);
  return () => {
    socket.off("close", onEnded);
    socket.destroy();
  };
}

async function showClaim(directory: string): Promise<Claim & { name: string }> {
  const id = `${process.pid}-${randomBytes(8).toString("hex")}.sock`;
  const name = `owner-${id}`;
  let state: ClaimState = "claiming";
  const watchers = new Set<Socket>();
  const server = createServer((socket) => {
    watchers.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => watchers.delete(socket));
    socket.resume();
    socket.write(`${state}\n`);
  });
  // It gets its real name only once it listens, so a claim that refuses connections is dead and not just young.
  server.listen(join(directory, `new-${id}`));
  await once(server, "listening");
  await rename(join(directory, `new-${id}`), join(directory, name));

  return {
    name,
    setState(next) {
      state = next;
    },
    async release() {
      await unlink(join(directory, name)).catch(() => undefined);
      server.close();
      for (const watcher of watchers) watcher.destroy();
    },
  };
}

async function askOwner(directory: string, name: string): Promise<Owner | undefined> {
  const path = join(directory, name);
  const socket = connect(path);
  socket.setEncoding("utf8");
  const owner = { name, pid: Number(namePattern.exec(name)?.[1]) };
  try {
    const signal = AbortSignal.timeout(answerTimeoutMs);
    await once(socket, "connect", { signal });
    const [line] = await once(socket, "data", { signal });
    return { ...owner, state: String(line).trim() as ClaimState };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return undefined;
    if (code === "ECONNREFUSED") {
      await unlink(path).catch(() => undefined);
      return undefined;
    }
    return { ...owner, state: "silent" };
  } finally {
    socket.destroy();
    socket.on("error", () => undefined);
  }
}
