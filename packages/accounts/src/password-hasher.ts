// Argon2id in worker threads, with a bounded queue. libuv's own pool stays free: signatures are verified there, and a
// flood of sign-ins must not slow them down.

import { availableParallelism } from "node:os";
import { type Options as Argon2Options, parseOptions } from "@node-rs/argon2";
import { AuthError } from "@signet/auth/errors";
import { Tinypool } from "tinypool";

/** What a hash costs. */
export interface Argon2Cost {
  memoryKib: number;
  passes: number;
  lanes: number;
}

export interface PasswordHasherOptions {
  /** Cost of new hashes; stored ones keep their own until the next sign-in. Default: 19 MiB, 2 passes, 1 lane. */
  cost?: Argon2Cost;
  /** Worker threads. Default: one less than there are cores, at least 1. */
  threads?: number;
  /** How many hashes may wait for each thread before more are refused. Default 64, about half a second of work. */
  maxWaitingPerThread?: number;
}

export interface PasswordHasher {
  /**
   * Hashes a password with a new salt of 16 random bytes.
   *
   * @returns PHC string, with its parameters in it
   * @throws AuthError `busy` at once when the queue is full
   */
  hash(password: string): Promise<string>;
  /**
   * Proves that the password is the one that was hashed. Compares every byte of its NFC form.
   *
   * @throws AuthError `busy` at once when the queue is full
   */
  verify(phc: string, password: string): Promise<boolean>;
  /** Whether the hash was made at another cost than new ones are. */
  needsRehash(phc: string): boolean;
  /** Ends the threads; what still waits is refused. */
  close(): Promise<void>;
}

/** OWASP Password Storage: the least for Argon2id. */
const defaultCost: Argon2Cost = { memoryKib: 19_456, passes: 2, lanes: 1 };
const hashBytes = 32;
/** `Algorithm.Argon2id`, a const enum of the library, which isolated modules cannot read. */
const argon2id = 2;

export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const cost = options.cost ?? defaultCost;
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  const capacity = threads * (1 + (options.maxWaitingPerThread ?? 64));
  const argon2Options: Argon2Options = {
    algorithm: argon2id,
    memoryCost: cost.memoryKib,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    outputLen: hashBytes,
  };
  const pool = new Tinypool({
    filename: new URL("./argon2-worker.js", import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    // The next one lies ready beside the one under way: a thread that had to ask for it would wait for this one.
    concurrentTasksPerWorker: 2,
  });
  let inFlight = 0;
  let closed = false;

  async function run<Result>(name: "hash" | "verify", task: object): Promise<Result> {
    if (inFlight >= capacity) {
      throw new AuthError("busy", "Too many people are signing in at this moment. Please try again in a second.", {
        retryAfterSeconds: 1,
      });
    }
    inFlight += 1;
    try {
      return (await pool.run(task, { name })) as Result;
    } catch (cause) {
      // What is under way when the threads end is not wrong: another replica, or this one in a moment, can do it.
      if (closed) throw new AuthError("busy", "The server is stopping. Please try again in a moment.", { cause });
      throw cause;
    } finally {
      inFlight -= 1;
    }
  }

  return {
    hash: (password) => run<string>("hash", { password: password.normalize("NFC"), options: argon2Options }),
    verify: (phc, password) => run<boolean>("verify", { password: password.normalize("NFC"), phc }),
    needsRehash: (phc) => {
      const used = parseOptions(phc);
      return (
        used.algorithm !== argon2id ||
        used.memoryCost !== cost.memoryKib ||
        used.timeCost !== cost.passes ||
        used.parallelism !== cost.lanes ||
        used.outputLen !== hashBytes
      );
    },
    close: () => {
      closed = true;
      return pool.destroy();
    },
  };
}
