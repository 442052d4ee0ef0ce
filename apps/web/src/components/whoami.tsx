"use client";

import { Button } from "@base-ui/react/button";
import type { AuthUser } from "@signet/client";
import type { ReactNode } from "react";
import { trpc } from "./trpc";

/** The answer of the API's smallest question. */
export function Whoami({ user }: { user: AuthUser }) {
  const whoami = trpc.auth.whoami.useQuery();
  return (
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
        <Fact name="May" value={user.scope.length === 0 ? "nothing beyond what everyone may" : user.scope.join(", ")} />
      </dl>
    </section>
  );
}

function Fact({ name, value, mono = false }: { name: string; value: ReactNode; mono?: boolean }) {
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
