"use client";

import type { AuthState } from "@signet/client";
import { useAuth } from "@signet/client/react";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef } from "react";
import { labelOf, useAppSettings } from "./app-settings";
import { ChooseUsername } from "./choose-username";
import { Seal } from "./seal";
import { Unreachable } from "./unreachable";

interface EntryPageProps {
  title: string;
  lead: ReactNode;
  returnPath: string;
  children: (state: Extract<AuthState, { status: "signed-out" }>) => ReactNode;
}

/**
 * The frame of sign-in and sign-up: who is signed in already goes on; nobody sees a form before that is known. Who came from a
 * provider and is new here chooses a username first, on either page.
 */
export function EntryPage({ title, lead, returnPath, children }: EntryPageProps) {
  const auth = useAuth();
  const router = useRouter();
  const { providers } = useAppSettings();
  const heading = useRef<HTMLHeadingElement>(null);
  const arrived = auth.status === "signed-in";

  useEffect(() => {
    if (arrived) router.replace(returnPath);
  }, [arrived, router, returnPath]);

  const pending = auth.status === "signed-out" ? auth.pendingSignUp : null;
  const provider = pending === null ? null : labelOf(providers, pending.provider);

  const forget = () => {
    auth.forgetPendingSignUp();
    // What was pressed is gone: from here one reads on.
    heading.current?.focus();
  };

  return (
    <div className="mx-auto max-w-md">
      <Seal className="mx-auto size-14" />
      <h1 ref={heading} tabIndex={-1} className="mt-5 text-center text-4xl">
        {provider === null ? title : "Choose a username"}
      </h1>
      <p className="mx-auto mt-3 min-h-13 max-w-sm text-center text-balance text-ink-soft">
        {provider === null ? lead : `You have signed in with ${provider}, and are new here.`}
      </p>
      <div className="sheet mt-7 min-h-[27rem] p-6 sm:p-8">
        {auth.status === "signed-out" &&
          (pending === null || provider === null ? (
            children(auth)
          ) : (
            <ChooseUsername provider={provider} suggestion={pending.suggestion} cancel={forget} />
          ))}
        {auth.status === "unreachable" && <Unreachable problem={auth.problem} retry={() => void auth.retry()} />}
        {(auth.status === "loading" || arrived) && (
          <output className="sr-only">
            {arrived ? "Signed in. One moment." : "Looking whether you are signed in."}
          </output>
        )}
      </div>
    </div>
  );
}
