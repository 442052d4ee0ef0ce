// What was measured on, and which versions of everything.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
  /** Whether each process had a core to itself. */
  pinned: boolean;
  versions: Record<string, string>;
}

const roomDir = fileURLToPath(new URL("..", import.meta.url));
const gibibyte = 1024 ** 3;

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / gibibyte),
    system: `${platform()} ${release()} ${arch()}`,
    pinned: canPin,
    versions: { node: process.versions.node, openssl: process.versions.openssl, ...peerVersions(), ...wrkVersion() },
  };
}

/** What a command prints on its first line, or undefined where there is no such command. */
export function firstLineOf(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n")[0];
  } catch {
    return undefined;
  }
}

/** `wrk -v` prints its version and fails. */
export const hasCommand = (name: string): boolean => firstLineOf("which", [name]) !== undefined;

/** With two cores and taskset, server and load do not take time from each other. */
export const canPin = availableParallelism() >= 2 && hasCommand("taskset");

/** The command that runs a command on one core, or wherever it likes where that cannot be said. */
export function onCore(core: number, command: readonly string[]): string[] {
  return canPin ? ["taskset", "-c", String(core), ...command] : [...command];
}

function peerVersions(): Record<string, string> {
  const { dependencies } = JSON.parse(readFileSync(`${roomDir}package.json`, "utf8")) as Manifest;
  const peers = Object.keys(dependencies).filter((name) => !name.startsWith("@signet/"));
  return Object.fromEntries(
    peers.map((name) => [
      name,
      (JSON.parse(readFileSync(`${roomDir}node_modules/${name}/package.json`, "utf8")) as Manifest).version,
    ]),
  );
}

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
}

function wrkVersion(): Record<string, string> {
  const version = hasCommand("dpkg-query") ? firstLineOf("dpkg-query", ["-W", "-f=${Version}", "wrk"]) : undefined;
  return version === undefined ? {} : { wrk: version };
}
