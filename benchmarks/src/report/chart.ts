// The chart of README and docs: what a call costs over HTTP, what a token costs, and how both grow. On paper, in ink; Signet in the red of
// its seal.

import type { Results, Row } from "../results.ts";
import { barPanel } from "./bar-panel.ts";
import { curvePanel, curveSize } from "./curve-panel.ts";
import { palette, text } from "./svg.ts";

const width = 960;
const margin = 32;
const gap = 28;
const columns = 3;

/** Rows of the product that answer another question than who is calling. */
const besides = /jwks|revocations/;

export function drawChart(results: Results): string {
  const { machine, takenAt, parts } = results;
  const pieces: string[] = [
    text(margin, 44, "How fast it is", "title"),
    text(
      margin,
      68,
      `${machine.cpu}, ${machine.cores} cores, Node.js ${machine.versions["node"]}, ${takenAt.slice(0, 10)}`,
      "soft",
    ),
  ];
  let y = 68 + gap;
  const place = (panel: { height: number; svg: string }) => {
    pieces.push(`<g transform="translate(${margin} ${y})">${panel.svg}</g>`);
    y += panel.height + gap;
  };

  const all = Object.values(parts).flatMap(({ series }) => series);
  const rowsOf = (id: string) => all.find((series) => series.id === id)?.rows ?? [];
  const http = rowsOf("http").filter(({ name }) => !besides.test(name));
  const inner = width - 2 * margin;
  if (http.length > 0) {
    place(
      barPanel({
        title: "Who is calling? Requests a second, one process on one core",
        width: inner,
        bars: http.map(perSecond),
      }),
    );
  }
  const seen = all.find(({ id }) => /^seen-(?!1$)/.test(id));
  const hits = (seen?.rows ?? []).filter(({ name }) => !/Ed25519|RS256|HS256/.test(name));
  if (seen !== undefined && hits.length > 0) {
    place(barPanel({ title: `${seen.title}. Microseconds each`, width: inner, bars: hits.map(micros) }));
  }
  const first = rowsOf("first-ES256");
  if (first.length > 0) {
    place(
      barPanel({ title: "A token at first sight, ES256. Microseconds each", width: inner, bars: first.map(micros) }),
    );
  }
  const curves = Object.values(parts).flatMap((part) => part.curves);
  for (const [index, curve] of curves.entries()) {
    const column = index % columns;
    const row = Math.floor(index / columns);
    const left = margin + column * (curveSize.width + (inner - columns * curveSize.width) / (columns - 1));
    pieces.push(`<g transform="translate(${left} ${y + row * (curveSize.height + gap)})">${curvePanel(curve)}</g>`);
  }
  y += Math.ceil(curves.length / columns) * (curveSize.height + gap);
  return sheet(pieces, y);
}

function perSecond({ name, ours, perSecond: value }: Row) {
  return { name, ours, value };
}

function micros({ name, ours, perSecond: value }: Row) {
  return { name, ours, value: 1e6 / value };
}

function sheet(pieces: readonly string[], height: number): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="How fast Signet is, compared with others">`,
    `<style>${palette}</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="14"/>`,
    ...pieces,
    "</svg>",
    "",
  ].join("\n");
}
