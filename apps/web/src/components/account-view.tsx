"use client";

import { useAuth } from "@signet/client/react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useAppSettings } from "./app-settings";
import { ChangePassword } from "./change-password";
import { Devices } from "./devices";
import type { ProviderProblem } from "./provider-problem";
import { useSessions } from "./sessions-query";
import { SetPassword } from "./set-password";
import { SignInMethods } from "./sign-in-methods";
import { useSignInMethods, useSignInMethodsChanged } from "./sign-in-methods-query";
import { TimeRing } from "./time-ring";
import { TokenInspector } from "./token-inspector";
import { trpc } from "./trpc";
import { Unreachable } from "./unreachable";
import { type Outcome, useWayBack } from "./use-way-back";
import { Whoami } from "./whoami";

interface AccountViewProps {
  onLeaving: (everywhere: boolean) => void;
  /** Why a sign-in with a provider, or a link, came to nothing. */
  problem: ProviderProblem | null;
}

export function AccountView({ onLeaving, problem }: AccountViewProps) {
  const auth = useAuth();
  const { providers } = useAppSettings();
  const sessions = useSessions();
  const methods = useSignInMethods();
  const methodsChanged = useSignInMethodsChanged();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  useWayBack(problem, setOutcome);
  const whoami = trpc.auth.whoami.useQuery();
  const token = useAccessToken();
  const user = whoami.data ?? (auth.status === "signed-in" || auth.status === "unreachable" ? auth.user : null);
  if (user === null) return null;

  const list = methods.data;
  const hasPassword = list?.password ?? true;
  // Where there are passwords only, there is nothing to choose from.
  const hasChoice = providers.length > 0 || !hasPassword || (list?.providers.length ?? 0) > 0;

  const onPasswordSet = async () => {
    await methodsChanged();
    setOutcome({ words: "Your password is set. You can sign in with it from now on.", isGood: true });
  };

  return (
    <div className="appear">
      {auth.status === "unreachable" && (
        <div className="mb-8">
          <Unreachable problem={auth.problem} retry={() => void auth.retry()} />
        </div>
      )}
      <div className="flex flex-wrap items-center justify-between gap-x-12 gap-y-8">
        <div className="min-w-0">
          <p className="text-ink-soft">You are</p>
          <h1 className="mt-1 text-[2.7rem] wrap-anywhere sm:text-6xl">{user.username}</h1>
          <p className="mt-4 max-w-prose text-ink-soft">
            The server read this from your token, checked its seal, and looked nothing up.
          </p>
        </div>
        <div className="grid justify-items-center gap-2">
          <TimeRing size="large" />
          <p className="text-sm text-ink-soft">until this token ends</p>
        </div>
      </div>

      <Devices onLeaving={onLeaving} />
      {/* What follows waits for the lists, which push it down by as much as there is in them. */}
      {[sessions, methods].some(isFirstTry) ? (
        <div className="min-h-dvh" />
      ) : (
        <>
          {(hasChoice || outcome !== null) && (
            <SignInMethods username={user.username} outcome={outcome} onOutcome={setOutcome} />
          )}
          {list === undefined || hasPassword ? (
            <ChangePassword username={user.username} />
          ) : (
            <SetPassword username={user.username} methods={list} onSet={onPasswordSet} />
          )}
          <Whoami user={user} />
          <TokenInspector ownToken={token} />
        </>
      )}
    </div>
  );
}

/** While it is under way nobody knows better; one that has failed is tried again behind what is shown. */
function isFirstTry({ isPending, failureCount, fetchStatus }: UseQueryResult<unknown, unknown>): boolean {
  return isPending && failureCount === 0 && fetchStatus === "fetching";
}

function useAccessToken(): string | null {
  const { getAccessToken, status } = useAuth();
  const [token, setToken] = useState<string | null>(null);
  useEffect(() => {
    // With each state comes the token that belongs to it.
    if (status === "loading") return;
    let wanted = true;
    void getAccessToken().then((found) => wanted && setToken(found));
    return () => {
      wanted = false;
    };
  }, [getAccessToken, status]);
  return token;
}
