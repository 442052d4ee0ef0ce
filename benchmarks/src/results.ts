// What a run comes to: series of rows that are compared with each other, curves, and what was left out and why.

import type { Machine } from "./machine.ts";

/** One way of doing a thing, over all rounds. */
export interface Row {
  name: string;
  /** Whether it is Signet's, and not somebody else's or a floor. */
  ours: boolean;
  /** The median of the rounds. */
  perSecond: number;
  /** The slowest and the fastest round. */
  range: [number, number];
  /** Every round, as it came. */
  rounds: number[];
  /** Medians of what else was seen, by its name with its unit. */
  also: Record<string, number>;
}

export interface Series {
  id: string;
  title: string;
  /** What the reader has to know of how it was measured. */
  note: string;
  /** The name of the row that the others are measured by: what could not be less. */
  floor: string;
  /** What is done so often in a second. */
  unit: string;
  rows: Row[];
}

/** How a cost grows. */
export interface Curve {
  id: string;
  title: string;
  x: string;
  y: string;
  lines: { name: string; ours: boolean; points: { x: number; y: number; range: [number, number] }[] }[];
}

export interface LeftOut {
  what: string;
  why: string;
}

/** A single number, and what it is. */
export interface Figure {
  id: string;
  title: string;
  value: number;
  unit: string;
  range?: [number, number];
}

export interface Part {
  series: Series[];
  curves: Curve[];
  figures: Figure[];
  leftOut: LeftOut[];
}

export interface Results {
  takenAt: string;
  short: boolean;
  machine: Machine;
  parts: Record<string, Part>;
  /** For each row of ours, how many times as fast as each other row of its series. */
  ratios: Record<string, Record<string, Record<string, number>>>;
}

export const emptyPart = (): Part => ({ series: [], curves: [], figures: [], leftOut: [] });

export function ratiosOf(parts: Record<string, Part>): Results["ratios"] {
  const series = Object.values(parts).flatMap((part) => part.series);
  return Object.fromEntries(
    series.map(({ id, rows }) => [
      id,
      Object.fromEntries(
        rows
          .filter(({ ours }) => ours)
          .map(({ name, perSecond }) => [
            name,
            Object.fromEntries(rows.map((other) => [other.name, round(perSecond / other.perSecond)])),
          ]),
      ),
    ]),
  );
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** @param part 0 to 1 */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN;
}
