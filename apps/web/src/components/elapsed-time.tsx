import { elapsed } from "./elapsed";

/** How long ago something was, and when exactly for whoever wants to know. @param props.seconds NumericDate. */
export function ElapsedTime({ seconds, nowMs }: { seconds: number; nowMs: number }) {
  const date = new Date(seconds * 1000);
  return (
    <time
      dateTime={date.toISOString()}
      title={date.toLocaleString(undefined, { dateStyle: "full", timeStyle: "short" })}
    >
      {elapsed(seconds, nowMs)}
    </time>
  );
}
