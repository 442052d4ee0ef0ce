// Finds a Chromium for the browser tests.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter } from "node:path";
import { pnpm, root, stop } from "./run.mjs";

const wholeNames = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
/** The one without windows first: it does nearly all of the same in half the time. */
const names = ["chromium-headless-shell", ...wholeNames];
const macPaths = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/**
 * The one that CHROMIUM_PATH names, else one of the system, else Playwright's own, installed if need be.
 *
 * @returns {Promise<string>} path
 */
export async function chromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named)
    return existsSync(named) ? named : stop(`CHROMIUM_PATH must be the path of a Chromium; there is none at ${named}.`);

  const found = ofTheSystem(names) ?? playwrightsOwn();
  if (found !== undefined) return found;

  await pnpm(["--dir", "e2e", "exec", "playwright", "install", "chromium"]);
  return (
    playwrightsOwn() ??
    stop(
      "There is no Chromium for the browser tests. Install one (on Debian: apt-get install chromium) or set CHROMIUM_PATH.",
    )
  );
}

/**
 * One with everything that people's browsers have, such as the back/forward cache.
 *
 * @returns {string} path; empty where there is none
 */
export function wholeChromium() {
  return process.env.CHROMIUM_PATH || ofTheSystem(wholeNames) || "";
}

/** @param {string[]} wanted */
function ofTheSystem(wanted) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = [...wanted.flatMap((name) => folders.map((folder) => `${folder}/${name}`)), ...macPaths];
  return candidates.find((path) => existsSync(path));
}

function playwrightsOwn() {
  const path = createRequire(`${root}e2e/package.json`)("@playwright/test").chromium.executablePath();
  return existsSync(path) ? path : undefined;
}
