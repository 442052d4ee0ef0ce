// What every command needs first: dependencies and a build, each made only when something changed.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { pnpm, root, stop } from "./run.mjs";

const stamp = `${root}node_modules/.signet-installed`;

/** Installs exactly what the lock file names, unless that has been done. @param {(message: string) => void} [tell] */
export async function install(tell = say) {
  const wanted = hashOfManifests();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;

  tell("Installing dependencies (once; half a minute or so) …");
  const { code, output } = await pnpm(["install", "--frozen-lockfile"], { capture: true, env: { CI: "true" } });
  if (code !== 0) stop("The dependencies could not be installed. Is the npm registry reachable?", output);
  writeFileSync(stamp, wanted);
}

/**
 * Builds what changed since the last time.
 *
 * @param {string} [room] Only this one, and what it needs.
 * @param {(message: string) => void} [tell]
 */
export async function build(room, tell = say) {
  const built = room === undefined ? "apps/web/.next/BUILD_ID" : `${room}/dist`;
  if (!existsSync(root + built)) tell("Building (once; half a minute or so) …");
  const only = room === undefined ? [] : [`--filter=./${room}...`];
  const { code, output } = await pnpm(["exec", "turbo", "run", "build", "--output-logs=errors-only", ...only], {
    capture: true,
  });
  if (code !== 0) stop("The build failed.", output);
}

/** @param {string} message */
export function say(message) {
  process.stdout.write(`${message}\n`);
}

function hashOfManifests() {
  const hash = createHash("sha256").update(process.version);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests()]) {
    hash.update(readFileSync(root + file));
  }
  return hash.digest("hex");
}

function manifests() {
  const rooms = ["apps", "packages"].flatMap((folder) => readdirSync(root + folder).map((name) => `${folder}/${name}`));
  return [...rooms, "dev-provider", "e2e"]
    .map((room) => `${room}/package.json`)
    .filter((file) => existsSync(root + file));
}
