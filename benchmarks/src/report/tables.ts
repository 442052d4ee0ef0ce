// Results as tables in Markdown, for the terminal and for the docs.

import type { Curve, Figure, LeftOut, Part, Row, Series } from "../results.ts";

export function tablesOf(part: Part, heading: string): string {
  return [
    ...part.series.map((series) => seriesTable(series, heading)),
    ...part.curves.map((curve) => curveTable(curve, heading)),
    figuresTable(part.figures),
    leftOutList(part.leftOut),
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

function seriesTable({ title, note, unit, floor, rows }: Series, heading: string): string {
  if (rows.length === 0) return "";
  const least = rows.find(({ name }) => name === floor)?.perSecond ?? Number.NaN;
  const extras = [...new Set(rows.flatMap(({ also }) => Object.keys(also)))];
  return [
    `${heading} ${title}`,
    "",
    note,
    "",
    row(["", `${unit} a second`, "slowest – fastest round", "µs each", "of the first", ...extras]),
    row(["---", "--:", "--:", "--:", "--:", ...extras.map(() => "--:")]),
    ...rows.map((one) => seriesRow(one, least, extras)),
  ].join("\n");
}

function seriesRow({ name, ours, perSecond, range: [least, most], also }: Row, floor: number, extras: string[]) {
  return row([
    ours ? `**${name}**` : name,
    number(perSecond),
    `${number(least)} – ${number(most)}`,
    number(1e6 / perSecond),
    number(perSecond / floor),
    ...extras.map((key) => (also[key] === undefined ? "" : number(also[key]))),
  ]);
}

function curveTable({ title, x, y, lines }: Curve, heading: string): string {
  const sizes = [...new Set(lines.flatMap(({ points }) => points.map((point) => point.x)))];
  return [
    `${heading} ${title}`,
    "",
    row([x, ...lines.map(({ name, ours }) => `${ours ? `**${name}**` : name}, ${y}`)]),
    row(["--:", ...lines.map(() => "--:")]),
    ...sizes.map((size) =>
      row([
        size.toLocaleString("en"),
        ...lines.map(({ points }) => {
          const point = points.find((one) => one.x === size);
          return point === undefined ? "" : number(point.y);
        }),
      ]),
    ),
  ].join("\n");
}

function figuresTable(figures: readonly Figure[]): string {
  if (figures.length === 0) return "";
  return [
    row(["", "", "lowest – highest round"]),
    row(["---", "--:", "--:"]),
    ...figures.map(({ title, value, unit, range }) =>
      row([title, `${number(value)} ${unit}`, range === undefined ? "" : `${number(range[0])} – ${number(range[1])}`]),
    ),
  ].join("\n");
}

function leftOutList(leftOut: readonly LeftOut[]): string {
  if (leftOut.length === 0) return "";
  return ["Left out:", "", ...leftOut.map(({ what, why }) => `- ${what}: ${why.trim().split("\n")[0]}`)].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function number(value: number): string {
  return new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(value);
}
