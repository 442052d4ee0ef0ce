// Keeps a page for those who are signed in. Nothing of it is rendered before that is known.

import { Fragment, type ReactNode, useEffect } from "react";
import type { AuthState, SignedOutReason, UnreachableProblem } from "../auth-state.ts";
import { returnPathFrom } from "../return-path.ts";
import { useAuth } from "./use-auth.ts";

/** A navigation that takes longer is made by loading the page. */
const longestNavigationMs = 3_000;

export interface RequireAuthProps {
  children: ReactNode;
  /** Where people sign in. Default `/sign-in`. It gets `?return_to=PATH&why=REASON`. */
  signInPath?: string;
  /** How to get there; a framework's router is gentler. Default loads the page. */
  navigate?: (href: string) => void;
  /** Shown until it is known who is here, and while on the way to the sign-in page. Default nothing. */
  fallback?: ReactNode;
  /** Shown while the server does not answer and has never said on this page who is here. */
  unreachable?: (problem: UnreachableProblem, retry: () => void) => ReactNode;
}

export function RequireAuth({
  children,
  signInPath = "/sign-in",
  navigate,
  fallback = null,
  unreachable,
}: RequireAuthProps) {
  const auth = useAuth();
  const reason = auth.status === "signed-out" ? auth.reason : null;

  useEffect(() => {
    if (reason === null) return;
    const href = signInHref(signInPath, reason, window.location);
    if (navigate === undefined) return window.location.replace(href);
    navigate(href);
    // A router of a page that came out of the back/forward cache may never get there.
    const timer = setTimeout(() => window.location.replace(href), longestNavigationMs);
    return () => clearTimeout(timer);
  }, [reason, signInPath, navigate]);

  // Another person gets another page: nothing that components remember by themselves goes over.
  const page = <Fragment key={auth.identity}>{children}</Fragment>;

  switch (auth.status) {
    case "signed-in":
      return page;
    case "unreachable":
      // Who was here a moment ago still is: a lost connection takes nothing away.
      if (auth.user !== null) return page;
      return unreachable?.(auth.problem, () => void auth.retry()) ?? fallback;
    case "loading":
    case "signed-out":
      return fallback;
  }
}

/** The sign-in page's address, with the way back and the reason: words of a closed list, never a sentence. */
export function signInHref(
  signInPath: string,
  reason: SignedOutReason,
  from: Pick<Location, "pathname" | "search" | "hash">,
): string {
  const query = new URLSearchParams({ return_to: returnPathFrom(from.pathname + from.search + from.hash) });
  if (reason !== "never") query.set("why", reason);
  return `${signInPath}?${query}`;
}

const reasons: readonly string[] = [
  "never",
  "signed_out",
  "expired",
  "refused",
  "ended_elsewhere",
  "not_completed",
] satisfies SignedOutReason[];

/** Why the person was sent to the sign-in page: by the state, or after a full load by the address. */
export function whyFrom(value: unknown, state: AuthState): SignedOutReason {
  if (state.status === "signed-out" && state.reason !== "never") return state.reason;
  return typeof value === "string" && reasons.includes(value) ? (value as SignedOutReason) : "never";
}
