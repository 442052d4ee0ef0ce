// What a command prints: words and tables for a person, one JSON value for a program.

export type Colour = "red" | "green" | "yellow" | "blue" | "magenta" | "dim" | "bold";

const codes: Record<Colour, [on: number, off: number]> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  dim: [2, 22],
  bold: [1, 22],
};

export interface Output {
  /** For people; nothing with --json. */
  say(text: string): void;
  /** For programs; nothing without --json. */
  json(value: unknown): void;
  /** On standard error, for both. */
  warn(text: string): void;
  paint(colour: Colour, text: string): string;
}

export interface Column<Row> {
  title: string;
  of(row: Row): string;
  /** Cut where the line would be too long. */
  flexible?: true;
  colour?(row: Row): Colour | undefined;
}

const narrowest = 80;
const gap = "  ";
const leastFlexible = 6;

export function createOutput(json: boolean): Output {
  const colours = !json && process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "";
  return {
    say: (text) => {
      if (!json) process.stdout.write(`${text}\n`);
    },
    json: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    warn: (text) => {
      process.stderr.write(`${text}\n`);
    },
    paint: (colour, text) => {
      const [on, off] = codes[colour];
      return colours ? `\u001b[${on}m${text}\u001b[${off}m` : text;
    },
  };
}

/** A table of at most 80 columns; of the terminal's, where that is wider. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], paint: Output["paint"]): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.of(row))));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => width(line[index] ?? ""))),
  );
  fit(widths, columns);
  const header = columns.map(({ title }, index) => paint("dim", fill(title, widths[index] ?? 0)));
  const lines = rows.map((row, at) =>
    columns.map((column, index) => {
      const text = fill(cells[at]?.[index] ?? "", widths[index] ?? 0);
      const colour = column.colour?.(row);
      return colour === undefined ? text : paint(colour, text);
    }),
  );
  return [header, ...lines].map((line) => line.join(gap).trimEnd()).join("\n");
}

/** Takes from the flexible columns, the widest first, until the line fits. */
function fit(widths: number[], columns: readonly Column<never>[]): void {
  const room = Math.max(narrowest, process.stdout.columns ?? 0);
  const total = () => widths.reduce((sum, each) => sum + each, gap.length * (widths.length - 1));
  while (total() > room) {
    let widest = -1;
    for (const [index, each] of widths.entries()) {
      if (columns[index]?.flexible && each > leastFlexible && each > (widths[widest] ?? 0)) widest = index;
    }
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function fill(text: string, to: number): string {
  const letters = [...text];
  return letters.length > to ? `${letters.slice(0, to - 1).join("")}…` : text + " ".repeat(to - letters.length);
}

function width(text: string): number {
  return [...text].length;
}

/** What came from outside could move the cursor or colour the screen. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}
