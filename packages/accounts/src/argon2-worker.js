// @ts-check
// Runs in a worker thread. It is plain JavaScript, so that Node.js 20 loads this very file from the source too, where tests run.

import { constants, setPriority } from "node:os";
import { hashSync, verifySync } from "@node-rs/argon2";

// A hash can wait, and whoever has a token must not: where cores are few, all else goes first. Linux gives each thread a priority of
// its own; elsewhere this would slow the whole process down.
try {
  if (process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);
} catch {
  // Where even that is forbidden, hashes are as important as everything else.
}

/**
 * @param {{ password: string, options: import("@node-rs/argon2").Options }} task
 * @returns {string} PHC string
 */
export function hash({ password, options }) {
  return hashSync(password, options);
}

/**
 * @param {{ password: string, phc: string }} task
 * @returns {boolean}
 */
export function verify({ password, phc }) {
  return verifySync(phc, password);
}
