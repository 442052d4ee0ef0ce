"use client";

import { useAuth } from "@signet/client/react";
import { useEffect, useRef, useState } from "react";

const tickMs = 10_000;

/**
 * What time it is at the server, in milliseconds since the epoch, so that "two minutes ago" stays true while a page is open
 * and also where the date of this device is wrong.
 */
export function useServerNow(): number {
  const auth = useAuth();
  const { timeLeftMs } = auth;
  const expiresAt = auth.status === "signed-in" ? auth.expiresAt : null;
  /** The server's date minus this device's, as far as it is known; kept while the server is out of reach. */
  const aheadMs = useRef(0);
  const [nowMs, setNowMs] = useState(() => Date.now());

  useEffect(() => {
    const look = () => {
      const leftMs = timeLeftMs();
      // At zero it only says that the time is over, and not since when.
      if (expiresAt !== null && leftMs !== null && leftMs > 0) aheadMs.current = expiresAt * 1000 - leftMs - Date.now();
      setNowMs(Date.now() + aheadMs.current);
    };
    look();
    const timer = setInterval(look, tickMs);
    // Timers of a hidden page hardly run.
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [expiresAt, timeLeftMs]);

  return nowMs;
}
