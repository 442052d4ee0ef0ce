// Ink, paper and the red of the seal, as in the web app; light and dark by what the reader's system prefers.

const light = { paper: "#fefcf7", ink: "#221d17", soft: "#5f554a", rule: "#e0d6c5", other: "#b9ab93", seal: "#a3241c" };
const dark = { paper: "#1f1b16", ink: "#f0e9dc", soft: "#b5aa99", rule: "#383127", other: "#6d6353", seal: "#dc4a3f" };

const serif = '"Source Serif 4", "Iowan Old Style", "Palatino Linotype", Georgia, serif';

export const palette = `${colours(light)}
text { font-family: ${serif}; font-size: 14px; }
.title { font-size: 24px; font-weight: 600; }
.heading { font-size: 16px; font-weight: 600; }
.strong { font-weight: 600; }
.small { font-size: 12px; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.number { font-variant-numeric: tabular-nums; }
@media (prefers-color-scheme: dark) { ${colours(dark)} }`;

function colours({ paper, ink, soft, rule, other, seal }: typeof light): string {
  return [
    `.paper { fill: ${paper}; }`,
    `text { fill: ${ink}; }`,
    `text.soft { fill: ${soft}; }`,
    `text.ours { fill: ${seal}; font-weight: 600; }`,
    `rect.other { fill: ${other}; } rect.ours { fill: ${seal}; }`,
    `path { fill: none; stroke-width: 2; stroke-linejoin: round; } path.other { stroke: ${other}; } path.ours { stroke: ${seal}; }`,
    `circle.other { fill: ${other}; } circle.ours { fill: ${seal}; }`,
    `line { stroke: ${rule}; stroke-width: 1; }`,
  ].join("\n");
}

export function text(x: number, y: number, content: string, className = ""): string {
  return `<text x="${round(x)}" y="${round(y)}" class="${className}">${escape(content)}</text>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function short(value: number): string {
  return new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(value);
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
