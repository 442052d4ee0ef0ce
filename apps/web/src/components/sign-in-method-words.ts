// What a person reads when the browser could not set out for a provider, or when changing what they sign in with was refused.

import type { AuthClientError } from "@signet/client";
import { actionWords, errorsOf } from "./words";

/** Why the browser did not set out for a provider. */
export function settingOutWords(error: AuthClientError): string {
  if (error.reason !== "unsupported") return actionWords(error);
  return error.details.problem === "no_secure_context"
    ? "This page did not come over https, and signing in with a provider needs that."
    : "Your browser keeps nothing for this page, and signing in with a provider needs that. Allow it to keep data for this site, then try again.";
}

/** Why signing in with a provider changed nothing for whoever was here. */
export function stillHereWords(error: AuthClientError): string {
  switch (error.reason) {
    case "username_needed":
      return "You are still signed in as before: that account at the provider is not linked to yours. Sign in again with one that is, or link it below.";
    case "code_invalid":
      return "You are still signed in as before: the way to the provider and back took too long. Begin again.";
    default:
      return `You are still signed in as before. ${actionWords(error)}`;
  }
}

/** Why what came back from a provider was not linked. */
export function linkWords(error: AuthClientError): string {
  switch (error.reason) {
    case "provider_account_taken":
      return error.details.problem === "another_is_linked"
        ? "Nothing was linked: another account at this provider is linked to yours already. Unlink that one first."
        : "Nothing was linked: this account at the provider is linked to another account here. If that one is yours too, sign in to it and unlink it there.";
    case "code_invalid":
      return "Nothing was linked: the way to the provider and back took too long. Begin again.";
    case "superseded":
      return "Nothing was linked: somebody else signed in here meanwhile. Begin again.";
    case "unreachable":
      return "The server did not answer, so it may be linked or not. What is linked stands below; if it is not there, begin again.";
    default:
      return `Nothing was linked. ${actionWords(error)}`;
  }
}

/** What was done. */
export function unlinkedWords(label: string, unlinked: number, ended: number): string {
  if (unlinked === 0) return `${label} was unlinked already.`;
  if (ended === 0) return `${label} is unlinked.`;
  return `${label} is unlinked, and ${ended === 1 ? "one other device" : `${ended} other devices`} that came by a provider ${ended === 1 ? "is" : "are"} signed out.`;
}

/** Which field an error belongs to, and what is said there; `form` where it belongs to none. */
export interface SetPasswordErrors {
  newPassword?: string;
  form?: string;
}

export function setPasswordErrors(error: AuthClientError, passwordMinLength: number): SetPasswordErrors {
  if (error.reason === "password_exists") {
    return {
      form: "You have a password already, set in another tab or on another device. Load this page again to change it.",
    };
  }
  if (error.reason === "unreachable") {
    return { form: "The server did not answer: it may have set the password, or not. Load this page again to see." };
  }
  if (error.details.field === "newPassword" && error.reason === "input_invalid") {
    return { newPassword: "This password cannot be used." };
  }
  const { password, form } = errorsOf(error, passwordMinLength);
  return password === undefined ? { form: form ?? actionWords(error) } : { newPassword: password };
}

/** Why a password did not sign in again whoever is here. */
export function signInAgainErrors(error: AuthClientError): { password?: string; form?: string } {
  if (error.reason === "credentials_invalid") return { password: "This is not your password." };
  return { form: actionWords(error) };
}
