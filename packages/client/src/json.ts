// Values from outside, looked at before they are used.

export function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

/** The text as JSON; undefined for anything that is not an object. */
export function parseRecord(text: string | null): Record<string, unknown> | undefined {
  return recordOf(parseJson(text));
}

/** The text as JSON, whatever it is; undefined where it is none. */
export function parseJson(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** NumericDate, or a number of seconds. */
export function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
