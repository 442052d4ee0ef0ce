// "Now" as a parameter, so that tests own the time and nothing here reads the machine's clock by itself.

/** Milliseconds since the Unix epoch, as `Date.now` gives them. */
export type Clock = () => number;

/** The machine's own clock. */
export const systemClock: Clock = () => Date.now();

/**
 * A clock's reading as NumericDate: whole seconds since the Unix epoch, rounded down.
 *
 * @see RFC 7519 §2
 */
export function numericDate(clock: Clock): number {
  return Math.floor(clock() / 1000);
}
