// What a server prints, read line by line as it comes: each line one JSON object, nothing in it that ends a line or steers a terminal,
// and no secret.

import { secretCanary } from "./awkward-texts.ts";

export interface LogWatch {
  addOutput(bytes: Buffer): void;
  addError(bytes: Buffer): void;
  /** Also these may not be seen from now on. */
  forbid(secrets: readonly string[]): void;
  lines(): number;
  /** What was wrong: the first few, and the line. */
  complaints(): readonly string[];
  /** The last it has printed. */
  text(): string;
}

/** Words for the person at the terminal stand before and after what programs read. */
const forPeople = /^(?:$|[A-Z][\w' ]+ .*[.:…]$|The .*|Signet.*| {2}[A-Z].*|Stopping …$|✓ Running next\.config\.ts .*)/;
const steering = /[\p{Cc}\p{Zl}\p{Zp}]/u;
/** What an operator is woken for. */
const errorLevel = 50;
const longestText = 8_000;
const maxComplaints = 10;

export function createLogWatch(): LogWatch {
  const complaints: string[] = [];
  const forbidden = [secretCanary, Buffer.from(secretCanary).toString("base64").slice(0, 20)];
  let unfinished: Buffer = Buffer.alloc(0);
  let recent = "";
  let count = 0;

  function complain(about: string, line: string): void {
    if (complaints.length < maxComplaints) complaints.push(`${about}: ${JSON.stringify(line.slice(0, 1_500))}`);
  }

  function read(line: string): void {
    count += 1;
    if (steering.test(line)) complain("a character that ends lines", line);
    for (const secret of forbidden) if (line.includes(secret)) complain("a secret in the log", line);
    if (forPeople.test(line)) return;
    try {
      const entry: unknown = JSON.parse(line);
      if (typeof entry !== "object" || entry === null || Array.isArray(entry))
        complain("a line that is no object", line);
      else if ("level" in entry && Number(entry.level) >= errorLevel)
        complain("somebody's request is an error of ours", line);
    } catch {
      complain("a line that is not JSON", line);
    }
  }

  return {
    addOutput(bytes) {
      unfinished = Buffer.concat([unfinished, bytes]);
      for (let end = unfinished.indexOf(0x0a); end !== -1; end = unfinished.indexOf(0x0a)) {
        const line = unfinished.toString("utf8", 0, end);
        read(line);
        recent = `${recent}${line}\n`.slice(-longestText);
        unfinished = unfinished.subarray(end + 1);
      }
    },
    addError(bytes) {
      const text = bytes.toString();
      recent = (recent + text).slice(-longestText);
      complain("on standard error", text);
    },
    forbid: (secrets) => void forbidden.push(...secrets),
    lines: () => count,
    complaints: () => complaints,
    text: () => recent,
  };
}
