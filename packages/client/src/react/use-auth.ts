// The state and what can be done about it, for components.

import { use, useMemo } from "react";
import type { AuthClient } from "../auth-client.ts";
import type { AuthState } from "../auth-state.ts";
import { AuthClientContext, AuthStateContext } from "./auth-context.ts";

export type AuthActions = Pick<
  AuthClient,
  | "signUp"
  | "signIn"
  | "signOut"
  | "listSessions"
  | "endSession"
  | "signOutOthers"
  | "signOutEverywhere"
  | "changePassword"
  | "signInWith"
  | "signInProblem"
  | "signUpWithProvider"
  | "forgetPendingSignUp"
  | "linkProvider"
  | "finishLink"
  | "retry"
  | "confirm"
  | "dismiss"
  | "getAccessToken"
  | "timeLeftMs"
>;

/**
 * Who is here, and how to change it. Narrow by `status`: `auth.status === "signed-in"` gives `auth.user`.
 *
 * @throws Error outside an AuthProvider.
 */
export function useAuth(): AuthState & AuthActions {
  const state = use(AuthStateContext);
  const client = use(AuthClientContext);
  if (state === null || client === null) {
    throw new Error(
      "useAuth needs an <AuthProvider client={…}> around the component. In Next.js put it into a client component " +
        "(such as app/providers.tsx) and wrap the children of app/layout.tsx in that.",
    );
  }
  return useMemo(() => {
    const { signUp, signIn, signOut, retry, confirm, dismiss, getAccessToken, timeLeftMs } = client;
    const { listSessions, endSession, signOutOthers, signOutEverywhere, changePassword } = client;
    const { signInWith, signInProblem, signUpWithProvider, forgetPendingSignUp, linkProvider, finishLink } = client;
    return {
      ...state,
      signUp,
      signIn,
      signOut,
      listSessions,
      endSession,
      signOutOthers,
      signOutEverywhere,
      changePassword,
      signInWith,
      signInProblem,
      signUpWithProvider,
      forgetPendingSignUp,
      linkProvider,
      finishLink,
      retry,
      confirm,
      dismiss,
      getAccessToken,
      timeLeftMs,
    };
  }, [state, client]);
}
