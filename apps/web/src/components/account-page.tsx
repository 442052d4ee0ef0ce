"use client";

import type { UnreachableProblem } from "@signet/client";
import { RequireAuth } from "@signet/client/react";
import { useRouter } from "next/navigation";
import { type ReactNode, useCallback, useRef } from "react";
import { AccountView } from "./account-view";
import type { ProviderProblem } from "./provider-problem";
import { Unreachable } from "./unreachable";

const whenUnreachable = (problem: UnreachableProblem, retry: () => void) => (
  <Waiting>
    <Unreachable problem={problem} retry={retry} />
  </Waiting>
);

/** The page before it is known whose it is: its place, and nothing that could be somebody's. */
function Waiting({ children }: { children: ReactNode }) {
  return (
    <div className="min-h-[60vh]">
      <h1 className="mb-6 text-4xl">Your account</h1>
      {children}
    </div>
  );
}

/** @param props.problem Why a sign-in with a provider, or a link, came to nothing. */
export function AccountPage({ problem }: { problem: ProviderProblem | null }) {
  const router = useRouter();
  /** Whether this device leaves with all others: the sign-in page says so. */
  const everywhere = useRef(false);
  const onLeaving = useCallback((all: boolean) => {
    everywhere.current = all;
  }, []);
  const navigate = useCallback(
    (href: string) => router.replace(everywhere.current ? `${href}&everywhere` : href),
    [router],
  );
  return (
    <RequireAuth
      navigate={navigate}
      fallback={<output className="block min-h-[60vh] text-ink-soft">Looking at the seal …</output>}
      unreachable={whenUnreachable}
    >
      <AccountView onLeaving={onLeaving} problem={problem} />
    </RequireAuth>
  );
}
