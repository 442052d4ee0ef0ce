// What a person reads when something did not go as hoped: what happened, what it means, what to do.

import type { AuthClientError, SignedOutReason, UnreachableProblem } from "@signet/client";

export const signedOutWords: Record<SignedOutReason, string | null> = {
  never: null,
  signed_out: "You have signed out on this device.",
  expired: "Your sign-in has come to the end of its time. Sign in again to go on.",
  refused: "The sign-in kept in this browser could not be used any more, so it was removed. Sign in again to go on.",
  ended_elsewhere:
    "Your sign-in here was ended: in another tab, on another of your devices, or by a new password. If it was not you, sign in and change your password.",
  not_completed:
    "The sign-in with the provider could not be completed, so nobody was signed in. Begin again, or sign in with your password.",
};

export const unreachableWords: Record<UnreachableProblem, string> = {
  network: "There is no connection to the server right now.",
  server_error: "The server has a problem of its own right now.",
  rate_limited: "The server is asking for a little patience.",
  unreadable_answer:
    "Something else answered in the server's place; a network that wants you to sign in first, perhaps.",
};

/** Said instead, where one has just signed out on all devices at once. */
export const signedOutEverywhere = "You have signed out on all your devices.";

/** Which field an error belongs to, and what is said there; `form` where it belongs to none. */
export interface FormErrors {
  username?: string;
  password?: string;
  form?: string;
}

export function errorsOf(error: AuthClientError, passwordMinLength: number): FormErrors {
  const { field, problem, retryAfterSeconds, errorId } = error.details;
  switch (error.reason) {
    case "credentials_invalid":
      return { password: "Username and password do not match." };
    case "username_taken":
      return { username: "This name is taken. Choose another one." };
    case "password_unacceptable":
      return { password: passwordWords(problem, passwordMinLength) ?? error.message };
    case "rate_limited":
      return { form: `Too many tries. Wait ${wait(retryAfterSeconds)}, then try again.` };
    case "busy":
    case "storage_unavailable":
    case "keys_unavailable":
      return { form: "The server is busy. Nothing is lost; try again in a moment." };
    case "unreachable":
      return { form: "The server did not answer. Look at your connection, then try again." };
    case "code_invalid":
      return { form: "This sign-in cannot be completed any more. Begin again." };
    case "reauthentication_required":
      return { form: "You signed in too long ago for this. Sign in again first." };
    case "last_way_in":
      return { form: "Without it you could not sign in any more. Set a password first, or link another provider." };
    case "superseded":
      return { form: "Somebody signed in or out in this browser in the meantime. Try again." };
    case "input_invalid":
      if (field === "username") {
        return { username: "Letters, digits and . _ - + @ only, 64 at most." };
      }
      return field === "password" ? { password: "This password cannot be used." } : { form: error.message };
    default:
      return {
        form: `Something went wrong here, not with you.${errorId === undefined ? "" : ` Error id: ${errorId}.`} Try again in a moment.`,
      };
  }
}

export interface ChangePasswordErrors {
  currentPassword?: string;
  newPassword?: string;
  form?: string;
}

export function changePasswordErrors(error: AuthClientError, passwordMinLength: number): ChangePasswordErrors {
  const { field, problem } = error.details;
  if (error.reason === "credentials_invalid") return { currentPassword: "This is not your current password." };
  if (error.reason === "password_unacceptable") {
    return { newPassword: passwordWords(problem, passwordMinLength) ?? error.message };
  }
  if (field === "currentPassword" || field === "newPassword") return { [field]: "This password cannot be used." };
  if (error.reason === "unreachable") {
    return {
      form: "The server did not answer: it may have changed the password, or not. Try again. If your current password is refused then, the new one counts already.",
    };
  }
  return { form: actionWords(error) };
}

/** Why something that needed no input was not done. */
export function actionWords(error: AuthClientError): string {
  return errorsOf(error, 0).form ?? "This was not done. Try again in a moment.";
}

export function tooShort(minLength: number): string {
  return `Too short: at least ${minLength} characters. Four or five words do well.`;
}

function passwordWords(problem: string | undefined, minLength: number): string | undefined {
  switch (problem) {
    case "too_short":
      return tooShort(minLength);
    case "too_long":
      return "Too long: there is room for 1,024 bytes.";
    case "too_common":
      return "Among the first that are guessed. Take words that do not belong together.";
    case "repeats":
      return "One part written several times is guessed quickly. Take different words.";
    case "sequence":
      return "This follows the keyboard or the alphabet. Take words instead.";
    case "contains_username":
      return "Hardly more than your username. Take words that have nothing to do with it.";
    default:
      return undefined;
  }
}

function wait(seconds: number | undefined): string {
  if (seconds === undefined) return "a moment";
  if (seconds < 90) return `${seconds} second${seconds === 1 ? "" : "s"}`;
  return seconds <= 90 * 60 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3600)} hours`;
}
