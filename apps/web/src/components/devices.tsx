"use client";

import { AuthClientError } from "@signet/client";
import { useAuth } from "@signet/client/react";
import { useEffect, useState } from "react";
import { ConfirmedAction } from "./confirmed-action";
import { deviceName } from "./device-name";
import { elapsed } from "./elapsed";
import { trpc } from "./trpc";
import { actionWords } from "./words";

interface DeviceSession {
  sessionId: string;
  createdAt: number;
  lastUsedAt: number;
  device: string | null;
  address: string | null;
  current: boolean;
}

const clockMs = 30_000;

/** Where somebody is signed in, and how to end that. */
export function Devices() {
  const auth = useAuth();
  const sessions = trpc.auth.listSessions.useQuery(undefined, { refetchOnWindowFocus: true });
  const [said, setSaid] = useState<{ text: string; isError: boolean } | null>(null);
  const nowMs = useNow();
  const others = sessions.data?.filter(({ current }) => !current) ?? [];

  const act = async (action: () => Promise<{ ended: number }>, done: (ended: number) => string) => {
    setSaid(null);
    try {
      const { ended } = await action();
      setSaid({ text: done(ended), isError: false });
    } catch (error) {
      if (!(error instanceof AuthClientError)) throw error;
      setSaid({ text: actionWords(error), isError: true });
    }
    await sessions.refetch();
  };

  return (
    <section aria-labelledby="devices" className="sheet mt-10 p-6 sm:p-8">
      <h2 id="devices" className="text-2xl">
        Your devices
      </h2>
      <p className="mt-2 max-w-prose text-ink-soft">
        Each of these is signed in as you. One that you end is out within a second, wherever it is.
      </p>

      <ul className="mt-6 grid min-h-24 gap-y-1">
        {sessions.data?.map((session) => (
          <Device
            key={session.sessionId}
            session={session}
            nowMs={nowMs}
            end={() => act(() => auth.endSession(session.sessionId), endedOne)}
          />
        ))}
      </ul>
      {sessions.isError && (
        <p role="alert" className="text-part-signature">
          Your devices cannot be shown right now. Nothing has changed; they are asked for again.
        </p>
      )}

      <p role={said?.isError ? "alert" : "status"} className="min-h-8 pt-3">
        {said?.text}
      </p>
      <div className="mt-2 flex flex-wrap items-start gap-3">
        <ConfirmedAction
          label="Sign out the others"
          question="Everywhere but here you will have to sign in again. Go on?"
          confirm="Yes, sign out the others"
          disabled={others.length === 0}
          run={() => act(auth.signOutOthers, endedOthers)}
        />
        <ConfirmedAction
          label="Sign out everywhere"
          question="You will have to sign in again on every device, on this one too. Go on?"
          confirm="Yes, sign out everywhere"
          run={() => act(auth.signOutEverywhere, () => "")}
        />
      </div>
    </section>
  );
}

function Device({ session, nowMs, end }: { session: DeviceSession; nowMs: number; end: () => Promise<void> }) {
  const { device, address, createdAt, lastUsedAt, current } = session;
  const name = deviceName(device);
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 border-t border-rule py-4">
      <div className="min-w-0">
        <p className="font-medium">
          {name}
          {current && <span className="ml-3 rounded-full bg-well px-2.5 py-1 text-sm font-normal">This device</span>}
        </p>
        <p className="mt-1 text-[0.95rem] text-ink-soft">
          {address === null ? "" : `${address} · `}
          <Ago label="signed in" seconds={createdAt} nowMs={nowMs} /> ·{" "}
          <Ago label="last used" seconds={lastUsedAt} nowMs={nowMs} />
        </p>
      </div>
      {!current && (
        <ConfirmedAction
          label="Sign out"
          description={`Sign out ${name}, signed in ${elapsed(createdAt, nowMs)}`}
          question={`Whoever uses ${name} will have to sign in again. Go on?`}
          confirm="Yes, sign it out"
          run={end}
        />
      )}
    </li>
  );
}

function Ago({ label, seconds, nowMs }: { label: string; seconds: number; nowMs: number }) {
  const date = new Date(seconds * 1000);
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {label} {elapsed(seconds, nowMs)}
    </time>
  );
}

function endedOne(ended: number): string {
  return ended === 0 ? "That device was signed out already." : "That device is signed out.";
}

function endedOthers(ended: number): string {
  if (ended === 0) return "No other device was signed in.";
  return ended === 1 ? "The other device is signed out." : `The ${ended} other devices are signed out.`;
}

/** Times that are shown as "two minutes ago" stay true. */
function useNow(): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), clockMs);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
