"use client";

import { useAuth } from "@signet/client/react";
import { useEffect, useState } from "react";

const radius = 44;
const around = 2 * Math.PI * radius;

/** The token's life as a ring that closes. What it shows is a hint: the server alone decides when the time is over. */
export function TimeRing({ size }: { size: "small" | "large" }) {
  const auth = useAuth();
  const { timeLeftMs } = auth;
  const [leftMs, setLeftMs] = useState(timeLeftMs);

  useEffect(() => {
    const look = () => setLeftMs(timeLeftMs());
    look();
    const timer = setInterval(look, 1_000);
    return () => clearInterval(timer);
  }, [timeLeftMs]);

  const user = auth.status === "signed-in" || auth.status === "unreachable" ? auth.user : null;
  if (user === null) return null;
  const wholeMs = Math.max(1, user.expiresAt - user.issuedAt) * 1000;
  const seconds = Math.ceil((leftMs ?? 0) / 1000);
  const gone = 1 - Math.min(1, (leftMs ?? 0) / wholeMs);
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

  return (
    <div
      role="timer"
      aria-label={`Time left: ${text}`}
      className={`relative grid shrink-0 place-items-center ${size === "large" ? "size-36" : "size-18"}`}
    >
      <svg aria-hidden="true" viewBox="0 0 100 100" className="absolute inset-0 -rotate-90">
        <circle cx="50" cy="50" r={radius} fill="none" className="stroke-rule" strokeWidth={size === "large" ? 5 : 7} />
        <circle
          cx="50"
          cy="50"
          r={radius}
          fill="none"
          className="ring-time stroke-seal"
          strokeWidth={size === "large" ? 5 : 7}
          strokeLinecap="round"
          strokeDasharray={around}
          strokeDashoffset={(around * (1 - gone)).toFixed(2)}
        />
      </svg>
      <span className={`tabular-nums ${size === "large" ? "text-3xl" : "text-base"}`}>{text}</span>
    </div>
  );
}
