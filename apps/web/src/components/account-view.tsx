"use client";

import { Button } from "@base-ui/react/button";
import { useAuth } from "@signet/client/react";
import { useEffect, useState } from "react";
import { ChangePassword } from "./change-password";
import { Devices } from "./devices";
import { TimeRing } from "./time-ring";
import { TokenInspector } from "./token-inspector";
import { trpc } from "./trpc";
import { Unreachable } from "./unreachable";

export function AccountView() {
  const auth = useAuth();
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

      <Devices />
      <ChangePassword username={user.username} />

      <section aria-labelledby="whoami" className="sheet mt-10 p-6 sm:p-8">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <h2 id="whoami" className="text-2xl">
            What <code className="font-mono text-[0.85em]">whoami</code> says
          </h2>
          <Button
            className="button button-plain"
            disabled={whoami.isFetching}
            focusableWhenDisabled
            onClick={() => void whoami.refetch()}
          >
            Ask again
          </Button>
        </div>
        <dl className="mt-6 grid gap-x-10 gap-y-5 sm:grid-cols-2">
          <Fact name="Subject" value={user.subject} mono />
          <Fact name="Session" value={user.sessionId} mono />
          <Fact name="Sealed" value={<Moment seconds={user.issuedAt} />} />
          <Fact name="Good until" value={<Moment seconds={user.expiresAt} />} />
          <Fact
            name="May"
            value={user.scope.length === 0 ? "nothing beyond what everyone may" : user.scope.join(", ")}
          />
        </dl>
      </section>

      <TokenInspector ownToken={token} />
    </div>
  );
}

function Fact({ name, value, mono = false }: { name: string; value: React.ReactNode; mono?: boolean }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-ink-soft">{name}</dt>
      <dd className={mono ? "mt-0.5 font-mono text-[0.92rem] break-all" : "mt-0.5"}>{value}</dd>
    </div>
  );
}

function Moment({ seconds }: { seconds: number }) {
  const date = new Date(seconds * 1000);
  return (
    <time dateTime={date.toISOString()}>
      {date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })}
    </time>
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
