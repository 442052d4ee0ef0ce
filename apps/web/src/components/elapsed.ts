// How long ago something was, in words that stay true for a while.

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

// Not "yesterday": 47 hours ago was the day before.
const format = new Intl.RelativeTimeFormat("en", { numeric: "always" });

/** Whole units that have passed; what lies in the future is a clock's fault, and was just now. @param seconds NumericDate. */
export function elapsed(seconds: number, nowMs: number): string {
  const ago = nowMs / 1000 - seconds;
  const [unit, length] = units.find(([, one]) => ago >= one) ?? [];
  return unit === undefined || length === undefined ? "just now" : format.format(-Math.floor(ago / length), unit);
}
