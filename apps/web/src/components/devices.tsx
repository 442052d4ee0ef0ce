"use client";

import { Button } from "@base-ui/react/button";
import type { SessionInfo } from "@signet/client";
import { useAuth } from "@signet/client/react";
import { useRef, useState } from "react";
import { ConfirmedAction } from "./confirmed-action";
import { deviceName } from "./device-name";
import { DeviceRow } from "./device-row";
import { useServerNow } from "./server-now";
import { useSessions, useSessionsChanged } from "./sessions-query";

/** Where somebody is signed in, and how to end that. */
export function Devices({ onLeaving }: { onLeaving: (everywhere: boolean) => void }) {
  const auth = useAuth();
  const sessions = useSessions();
  const sessionsChanged = useSessionsChanged();
  const nowMs = useServerNow();
  const heading = useRef<HTMLHeadingElement>(null);
  const [done, setDone] = useState("");

  const list = sessions.data;
  const others = list?.filter(({ current }) => !current).length ?? 0;

  const act = async (action: () => Promise<string>) => {
    setDone("");
    const words = await action();
    await sessionsChanged();
    setDone(words);
    // What was pressed may be gone: from here one reads on.
    heading.current?.focus();
  };

  const endOne = async ({ sessionId, device }: SessionInfo) => {
    const { ended } = await auth.endSession(sessionId);
    const name = deviceName(device);
    return ended === 0 ? `${name} was signed out already.` : `${name} is signed out.`;
  };

  const endOthers = async () => {
    const { ended } = await auth.signOutOthers();
    if (ended === 0) return "No other device was signed in any more.";
    return `Signed out on ${ended === 1 ? "one other device" : `${ended} other devices`}.`;
  };

  const endAll = async () => {
    onLeaving(true);
    try {
      await auth.signOutEverywhere();
    } catch (error) {
      onLeaving(false);
      throw error;
    }
  };

  return (
    <section aria-labelledby="devices" className="sheet mt-10 p-6 sm:p-8">
      <h2 id="devices" ref={heading} tabIndex={-1} className="text-2xl">
        Your devices
      </h2>
      <p className="mt-2 max-w-prose text-ink-soft">
        These are signed in as you. Sign out whatever you do not know or no longer use: it is out within a second.
      </p>
      <output className="block mt-1 min-h-7 font-medium text-good">{done}</output>

      {/* The place of one row is kept: most people have one device. */}
      <ul aria-label="Devices" aria-busy={list === undefined} className="mt-3 min-h-24">
        {list?.map((session) => (
          <DeviceRow key={session.sessionId} session={session} nowMs={nowMs} end={() => act(() => endOne(session))} />
        ))}
      </ul>
      <div className="flex min-h-16 flex-wrap items-center gap-3 border-t border-rule pt-5">
        {sessions.isError || sessions.failureCount > 0 ? (
          <p>
            {list === undefined
              ? "Your devices cannot be listed just now."
              : "This list may be out of date: the server did not answer."}{" "}
            <Button onClick={() => void sessions.refetch()} className="link cursor-pointer">
              Ask again
            </Button>
          </p>
        ) : (
          list !== undefined && others === 0 && <p className="text-ink-soft">You are signed in on this device only.</p>
        )}
        {others > 0 && (
          <>
            <ConfirmedAction
              label="Sign out the others"
              question="Sign out everywhere but here? Each other device will have to sign in again."
              confirm="Yes, sign out the others"
              run={() => act(endOthers)}
            />
            <ConfirmedAction
              label="Sign out everywhere"
              question="Sign out on every device, on this one too? You will have to sign in again on each of them."
              confirm="Yes, sign out everywhere"
              run={endAll}
            />
          </>
        )}
      </div>
    </section>
  );
}
