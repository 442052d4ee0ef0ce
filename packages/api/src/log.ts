// Structured logs: one JSON object a line. What could be a secret is never handed to the logger; redaction is the net below.

import { type DestinationStream, type Logger, pino } from "pino";
import { standardOutput } from "./log-output.ts";

const redacted = [
  "authorization",
  "cookie",
  "password",
  "accessToken",
  "access_token",
  "refreshToken",
  "token",
  "secret",
];

/** @param destination Standard output unless given (tests read it back). */
export function createLogger(level: string, destination: DestinationStream = standardOutput()): Logger {
  const options = {
    level,
    base: null,
    redact: { paths: redacted.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[redacted]" },
    serializers: { err: describeError },
    hooks: { streamWrite: escapeLineBreaks },
  };
  return pino(options, destination);
}

/** JSON leaves these as they are; some readers of logs take them for line ends or terminal commands. */
function escapeLineBreaks(line: string): string {
  return line.replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

interface ErrorDescription {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: ErrorDescription;
}

/** Name, message, code and stack, down the causes; no other property: drivers hang parameters on their errors. */
function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: "not an Error" };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth === 3 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
