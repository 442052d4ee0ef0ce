// What becomes of log lines when nobody takes them (F36, F37).

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createFileOutput, createPipeOutput } from "../src/log-output.ts";

const lostIn = (line: string | undefined) => JSON.parse(line ?? "{}").lost;

/** A pipe whose other end takes a line only when it is told to. */
function slowPipe() {
  const taken: string[] = [];
  let next: (() => void) | undefined;
  const pipe = new Writable({
    decodeStrings: false,
    highWaterMark: 1,
    write(chunk, _encoding, done) {
      taken.push(String(chunk));
      next = done;
    },
  });
  return {
    pipe,
    taken,
    takeNext: async () => {
      next?.();
      await nextTurn();
    },
  };
}

describe("a reader that is slow (F37)", () => {
  test("finds as many lines as there is room for, then how many were lost, then the newest", async () => {
    const { pipe, taken, takeNext } = slowPipe();
    const output = createPipeOutput(pipe, 25);
    for (let number = 0; number < 10; number++) output.write(`line ${number}...\n`);
    expect(output.lostLines).toBe(8);
    await takeNext();
    await takeNext();
    output.write("again\n");
    await takeNext();
    await takeNext();
    expect(taken).toEqual(["line 0...\n", "line 1...\n", expect.stringContaining("lost"), "again\n"]);
    expect(lostIn(taken[2])).toBe(8);
    expect(output.lostLines).toBe(8);
  });

  test("holds nobody up: the process goes on and ends when it wants to", async () => {
    const { child, count } = logging(20_000, "pipe");
    const lost = await count;
    expect(lost).toBeGreaterThan(5_000);
    expect(lost).toBeLessThan(20_000);
    expect(await child).toBe(0);
  });
});

describe("a reader that has gone", () => {
  test("costs its lines, and no more (F36: EPIPE)", async () => {
    const { child, count } = logging(2_000, "broken pipe");
    expect(await count).toBeGreaterThan(0);
    expect(await child).toBe(0);
  });
});

describe("a disk without room (F36)", () => {
  test("costs the lines that do not fit; once there is room, it is told how many", () => {
    let room = 10;
    let file = "";
    const output = createFileOutput((bytes) => {
      if (room === 0) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
      const part = bytes.subarray(0, room);
      file += part.toString();
      room -= part.length;
      return part.length;
    });
    output.write("one\n");
    output.write("two and more\n");
    output.write("three\n");
    expect(output.lostLines).toBe(2);
    room = 1_000;
    output.write("four\n");
    const lines = file.split("\n");
    expect(lines).toEqual(["one", "two an", expect.any(String), "four", ""]);
    expect(lostIn(lines[2])).toBe(2);
  });

  test.runIf(existsSync("/dev/full"))("ends no process (F36: ENOSPC)", async () => {
    const { child, count } = logging(2_000, "/dev/full");
    expect(await count).toBe(2_000);
    expect(await child).toBe(0);
  });
});

const program = `
  import { createLogger } from "./log.js";
  import { lostLogLines } from "./log-output.js";
  import { writeSync } from "node:fs";
  const log = createLogger("info");
  const lines = Number(process.argv[1]);
  for (let written = 0; written < lines; written += 100) {
    for (let number = 0; number < 100; number++) log.info({ number, text: "x".repeat(80) }, "a line");
    await new Promise(setImmediate);
  }
  process.stdout.write("a word to a person\\n");
  await new Promise(setImmediate);
  writeSync(3, String(lostLogLines()));
  process.exit(0);
`;

/** A process that logs as many lines, and says how many it has lost. @returns its exit code and its count */
function logging(lines: number, to: "pipe" | "broken pipe" | "/dev/full") {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program, String(lines)], {
    cwd: new URL("../dist", import.meta.url),
    stdio: ["ignore", to === "/dev/full" ? openSync(to, "w") : "pipe", "inherit", "pipe"],
  });
  // Nobody reads it: a stream that is not listened to stays paused.
  if (to === "broken pipe") child.stdout?.destroy();
  const report = child.stdio[3];
  return {
    child: once(child, "exit").then(([code]) => code as number | null),
    count: new Promise<number>((resolve) => report?.once("data", (text) => resolve(Number(text)))),
  };
}
