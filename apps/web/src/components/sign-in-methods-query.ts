"use client";

import type { AppRouter } from "@signet/api";
import type { inferRouterOutputs } from "@trpc/server";
import { trpc } from "./trpc";

/** What the person who is here signs in with. Times are NumericDate seconds. */
export type SignInMethodList = inferRouterOutputs<AppRouter>["auth"]["listSignInMethods"];

export type LinkedProvider = SignInMethodList["providers"][number];

/** Asked for again whenever somebody comes back to the page: it may have been changed on another device. */
export function useSignInMethods() {
  return trpc.auth.listSignInMethods.useQuery(undefined, { staleTime: 0, refetchOnWindowFocus: "always" });
}

/** To be called when they were changed. Ends when the new list is there, or could not be had. */
export function useSignInMethodsChanged(): () => Promise<void> {
  const { listSignInMethods } = trpc.useUtils().auth;
  return () => listSignInMethods.invalidate();
}
