// How long ago something was, in words that stay true for a while.

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** @param seconds NumericDate. */
export function elapsed(seconds: number, nowMs: number): string {
  const ago = Math.max(0, nowMs / 1000 - seconds);
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const [unit, length] = units.find(([, one]) => ago >= one) ?? [];
  return unit === undefined || length === undefined ? "just now" : format.format(-Math.floor(ago / length), unit);
}
