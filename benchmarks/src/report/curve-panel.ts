// A small curve: how a cost grows. Sizes by their order of magnitude, from left to right; the cost from nothing upwards.

import type { Curve } from "../results.ts";
import { round, short, text } from "./svg.ts";

export const curveSize = { width: 274, height: 190 };
const plot = { top: 62, bottom: 158, left: 4, right: 236 };

export function curvePanel({ title, x, y, lines }: Curve): string {
  const points = lines.flatMap((line) => line.points);
  const most = Math.max(...points.map((point) => point.y));
  const sizes = points.map((point) => point.x);
  const [from, to] = [magnitude(Math.min(...sizes)), magnitude(Math.max(...sizes))];
  const across = (size: number) => plot.left + ((magnitude(size) - from) / (to - from || 1)) * (plot.right - plot.left);
  const up = (cost: number) => plot.bottom - (cost / most) * (plot.bottom - plot.top);
  // Ours last, so that it lies on top.
  const drawn = lines
    .toSorted((a, b) => Number(a.ours) - Number(b.ours))
    .map(({ ours, points: own }) => {
      const className = ours ? "ours" : "other";
      const path = own.map(
        (point, index) => `${index === 0 ? "M" : "L"}${round(across(point.x))} ${round(up(point.y))}`,
      );
      const dots = own.map(
        (point) => `<circle class="${className}" cx="${round(across(point.x))}" cy="${round(up(point.y))}" r="3"/>`,
      );
      return `<path class="${className}" d="${path.join("")}"/>${dots.join("")}`;
    });
  const others = lines.filter(({ ours }) => !ours).map(({ name }) => name);
  return [
    text(0, 10, title, "strong"),
    text(0, 30, others.length === 0 ? y : `${y}; grey: ${others.join(", ")}`, "small soft"),
    `<line x1="0" y1="${plot.bottom}" x2="${curveSize.width}" y2="${plot.bottom}"/>`,
    ...drawn,
    ...endsOf(lines).map(({ size, cost }) =>
      text(
        across(size) - (across(size) > plot.left ? 4 : 0),
        up(cost) - 8,
        short(cost),
        `small ours${across(size) > plot.left ? " end" : ""}`,
      ),
    ),
    text(0, plot.bottom + 18, short(Math.min(...sizes)), "small soft"),
    text(curveSize.width, plot.bottom + 18, short(Math.max(...sizes)), "small soft end"),
    text(curveSize.width / 2, plot.bottom + 18, x, "small soft middle"),
  ].join("\n");
}

/** Nothing has no magnitude: it stands at the left. */
function magnitude(size: number): number {
  return Math.log10(Math.max(1, size));
}

function endsOf(lines: Curve["lines"]): { size: number; cost: number }[] {
  const own = lines.find(({ ours }) => ours)?.points ?? [];
  return [own[0], own.at(-1)].flatMap((point) => (point === undefined ? [] : [{ size: point.x, cost: point.y }]));
}
