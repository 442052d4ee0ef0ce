// What is read from the person or the program before us: passwords without an echo, tokens, a yes.

import { createInterface } from "node:readline/promises";
import { CommandError, UsageError } from "./command-error.ts";

const maxInputBytes = 64 * 1024;

/** Whether somebody sits there. Nothing is asked where nobody does. */
export function isAtTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks for a yes at a terminal, unless it was given already. @throws CommandError when it is not given */
export async function confirm(question: string, { yes = false }: { yes?: boolean }): Promise<void> {
  if (yes || !isAtTerminal()) return;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} Type yes to go on: `);
    if (answer.trim().toLowerCase() !== "yes") throw new CommandError("Nothing was changed.");
  } finally {
    lines.close();
  }
}

/** From a terminal, twice and without an echo; else the whole of standard input, less the line end after it. */
export async function readPassword(): Promise<string> {
  if (!isAtTerminal()) return withoutLineEnd(await readAll("the password"));
  const first = await readHidden("Password: ");
  const second = await readHidden("The same again: ");
  if (first !== second) throw new CommandError("The two passwords are not the same; nothing was changed.");
  return first;
}

/** A token from standard input. */
export async function readToken(): Promise<string> {
  if (process.stdin.isTTY === true) throw new UsageError("Give the token as an argument, or on standard input.");
  return (await readAll("the token")).trim();
}

async function readAll(what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > maxInputBytes) throw new CommandError(`Standard input is too long for ${what}.`);
    chunks.push(part);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text.trim() === "") throw new UsageError(`Standard input is empty; ${what} is expected there.`);
  return text;
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

/** Reads keys one by one, as the terminal would show them otherwise. */
function readHidden(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const finish = (end: () => void) => {
      stdin.off("data", onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      end();
    };
    const onData = (keys: string) => {
      for (const key of keys) {
        if (key === "\r" || key === "\n") return finish(() => resolve(typed.join("")));
        if (key === "\u0003" || key === "\u0004") return finish(() => reject(new CommandError("Nothing was changed.")));
        if (key === "\u007f" || key === "\b") typed = typed.slice(0, -1);
        else typed.push(key);
      }
    };
    stdin.on("data", onData);
  });
}
