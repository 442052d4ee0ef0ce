// Times as a person reads them, and spans as one types them.

import { InvalidArgumentError } from "commander";

const units = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;

/** "3 d ago", "in 5 min": the largest unit that says enough. */
export function fromNow(moment: Date | null, now = Date.now()): string {
  if (moment === null) return "–";
  const seconds = (moment.getTime() - now) / 1000;
  const text = span(Math.abs(seconds));
  return seconds > 0 ? `in ${text}` : `${text} ago`;
}

export function span(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3_600) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** `30s`, `15m`, `12h`, `1d`, `2w`, in seconds. */
export function parseSpan(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) throw new InvalidArgumentError("Write 30s, 15m, 12h, 1d or 2w.");
  return Number(count) * units[unit as keyof typeof units];
}

export function parseMoment(text: string): Date {
  const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? new Date(text)
    : undefined;
  if (moment === undefined || Number.isNaN(moment.getTime())) {
    throw new InvalidArgumentError("Write a moment with its zone, such as 2026-11-24T09:30:00Z.");
  }
  return moment;
}

export function iso(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}
