"use client";

import type { SessionInfo } from "@signet/client";
import { ConfirmedAction } from "./confirmed-action";
import { deviceName } from "./device-name";
import { elapsed } from "./elapsed";
import { ElapsedTime } from "./elapsed-time";

interface DeviceRowProps {
  session: SessionInfo;
  /** The server's time. */
  nowMs: number;
  end: () => Promise<void>;
}

/** One place where somebody is signed in: what, where from, since when. */
export function DeviceRow({ session, nowMs, end }: DeviceRowProps) {
  const { device, address, createdAt, lastUsedAt, current } = session;
  const name = deviceName(device);
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 border-t border-rule py-4">
      <div className="min-w-0">
        <p className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1 font-medium">
          {name}
          {current && <span className="rounded-full bg-well px-2.5 py-0.5 text-sm font-normal">This device</span>}
        </p>
        <p className="text-[0.95rem] wrap-anywhere text-ink-soft">
          {address === null ? "" : `From ${address}, `}
          {address === null ? "Signed in " : "signed in "}
          <ElapsedTime seconds={createdAt} nowMs={nowMs} />
          {/* The server learns of it only now and then: for this device, "some minutes ago" would be odd to read. */}
          {current ? (
            ", in use now"
          ) : (
            <>
              , last used <ElapsedTime seconds={lastUsedAt} nowMs={nowMs} />
            </>
          )}
        </p>
      </div>
      {!current && (
        <ConfirmedAction
          label="Sign out"
          description={`Sign out ${name}, signed in ${elapsed(createdAt, nowMs)}`}
          question={`Sign out ${name}? Whoever uses it will have to sign in again.`}
          confirm="Yes, sign it out"
          run={end}
        />
      )}
    </li>
  );
}
