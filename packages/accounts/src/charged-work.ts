// Work that was charged for: what guessed nothing costs nothing.

import { type AuthErrorReason, isAuthError } from "@signet/auth/errors";
import type { Charge } from "./budgets.ts";

/**
 * Gives the charge back when the work fails before anything was tried: that the server is busy is nobody's guess.
 *
 * @param tried Refusals that say that something was.
 */
export async function unlessTried<Result>(
  charge: Charge,
  tried: readonly AuthErrorReason[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isAuthError(error) || !tried.includes(error.reason)) await giveBack(charge);
    throw error;
  }
}

/** The charge is over with its window in any case: what it was for stands, or fails for a reason of its own. */
export async function giveBack(charge: Charge): Promise<void> {
  try {
    await charge.giveBack();
  } catch (error) {
    if (!isAuthError(error)) throw error;
  }
}
