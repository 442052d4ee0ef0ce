"use client";

import { useAuth } from "@signet/client/react";
import { useEffect, useState } from "react";
import { ChangePassword } from "./change-password";
import { Devices } from "./devices";
import { useSessions } from "./sessions-query";
import { TimeRing } from "./time-ring";
import { TokenInspector } from "./token-inspector";
import { trpc } from "./trpc";
import { Unreachable } from "./unreachable";
import { Whoami } from "./whoami";

export function AccountView({ onLeaving }: { onLeaving: (everywhere: boolean) => void }) {
  const auth = useAuth();
  const sessions = useSessions();
  const whoami = trpc.auth.whoami.useQuery();
  const token = useAccessToken();
  const user = whoami.data ?? (auth.status === "signed-in" || auth.status === "unreachable" ? auth.user : null);
  if (user === null) return null;

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
      {/* What follows waits for the list, which pushes it down by as much as there are devices. */}
      {sessions.isPending && sessions.failureCount === 0 && sessions.fetchStatus === "fetching" ? (
        <div className="min-h-dvh" />
      ) : (
        <>
          <ChangePassword username={user.username} />
          <Whoami user={user} />
          <TokenInspector ownToken={token} />
        </>
      )}
    </div>
  );
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
