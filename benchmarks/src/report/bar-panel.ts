// Bars beside their names, the figure at the end of each.

import { round, short, text } from "./svg.ts";

interface Bar {
  name: string;
  ours: boolean;
  value: number;
}

const nameWidth = 470;
const valueWidth = 64;
const rowHeight = 23;
const barHeight = 13;
const headHeight = 26;

export function barPanel({ title, width, bars }: { title: string; width: number; bars: readonly Bar[] }) {
  const most = Math.max(...bars.map(({ value }) => value));
  const rows = bars.map(({ name, ours, value }, index) => {
    const y = headHeight + index * rowHeight;
    const length = Math.max(1, (value / most) * (width - nameWidth - valueWidth));
    const className = ours ? "ours" : "other";
    return [
      text(0, y + barHeight, name, ours ? "ours" : ""),
      `<rect class="${className}" x="${nameWidth}" y="${y + 2}" width="${round(length)}" height="${barHeight}" rx="2"/>`,
      text(nameWidth + length + 8, y + barHeight, short(value), ours ? "ours number" : "number"),
    ].join("");
  });
  const svg = [text(0, 10, title, "heading"), ...rows].join("\n");
  return { svg, height: headHeight + bars.length * rowHeight };
}
