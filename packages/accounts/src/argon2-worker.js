// @ts-check
// Runs in a worker thread. It is plain JavaScript, so that Node.js 20 loads this very file from the source too, where tests run.

import { hashSync, verifySync } from "@node-rs/argon2";

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
