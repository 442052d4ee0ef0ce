import type { SignInMethodList } from "./sign-in-methods-query";

/** Whether nobody could sign in without it. One that is linked but not configured here any more is no way in. The API decides. */
export function isLastWayIn({ password, providers }: SignInMethodList, issuer: string): boolean {
  return !password && !providers.some((other) => other.issuer !== issuer && other.provider !== null);
}
