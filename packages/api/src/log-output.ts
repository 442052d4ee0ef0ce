// Where log lines go: standard output, whatever is at its other end. A reader that is slow, has gone away, or has no room costs lines,
// which are counted; never a request, never the process.

import { fstatSync, writeSync } from "node:fs";
import type { Writable } from "node:stream";
import type { DestinationStream } from "pino";

export interface LogOutput extends DestinationStream {
  /** How many lines did not get there. */
  readonly lostLines: number;
}

/** What is kept for a reader that has fallen behind: some thousand lines. */
const maxWaitingCharacters = 1024 * 1024;

type Pipe = Pick<Writable, "write" | "writable" | "writableLength" | "on">;

/** Lines to a pipe, a socket or a terminal, which take what they can at the moment. */
export function createPipeOutput(pipe: Pipe, maxWaiting = maxWaitingCharacters): LogOutput {
  let lostLines = 0;
  let untold = 0;
  // Unheard, it would end the process; each line that fails is told of itself.
  pipe.on("error", () => undefined);

  function send(text: string, lines: number): void {
    pipe.write(text, (error) => {
      if (error) lostLines += lines;
    });
  }

  return {
    get lostLines() {
      return lostLines;
    },
    write(line) {
      if (!pipe.writable || pipe.writableLength + line.length > maxWaiting) {
        lostLines += 1;
        untold += 1;
        return;
      }
      if (untold > 0) send(aboutLoss(untold), 0);
      untold = 0;
      send(line, 1);
    },
  };
}

/** Lines to a file, which takes them at once, or has no room. @param append Returns how many bytes there was room for. */
export function createFileOutput(append: (bytes: Buffer) => number): LogOutput {
  let lostLines = 0;
  let untold = 0;
  let isTorn = false;

  function appendWhole(text: string): boolean {
    // After half a line, one of its own, so that the next one can be read.
    let rest = Buffer.from(isTorn ? `\n${text}` : text);
    try {
      while (rest.length > 0) {
        const written = append(rest);
        isTorn = written < rest.length;
        rest = rest.subarray(written);
      }
      return true;
    } catch {
      return false;
    }
  }

  return {
    get lostLines() {
      return lostLines;
    },
    write(line) {
      const isTold = untold === 0 || appendWhole(aboutLoss(untold));
      if (isTold) untold = 0;
      if (isTold && appendWhole(line)) return;
      lostLines += 1;
      untold += 1;
    },
  };
}

function aboutLoss(lost: number): string {
  return `${JSON.stringify({ level: 40, time: Date.now(), lost, msg: "Log lines were lost: nobody took them." })}\n`;
}

let output: LogOutput | undefined;

/** The one of this process. */
export function standardOutput(): LogOutput {
  output ??= isPipe() ? createPipeOutput(process.stdout) : createFileOutput((bytes) => writeSync(1, bytes));
  return output;
}

/** How many log lines of this process were lost so far. */
export function lostLogLines(): number {
  return output?.lostLines ?? 0;
}

/** Files and devices, a terminal excepted, are written to as they are: a stream that has failed once would stay closed. */
function isPipe(): boolean {
  // What people are told goes there too, by the same stream.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const stat = fstatSync(1);
  return process.stdout.isTTY || !(stat.isFile() || stat.isCharacterDevice());
}
