// The only reader of process.env in this app. Every setting is checked once, at start; a wrong one stops it.

import { z } from "zod";

/** A setting that cannot be used; the message names it, what was found and what is expected. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

const flag = z.enum(["true", "false"]).transform((text) => text === "true");

/** Digits only, so that `1e3` or ` 80 ` is not taken for what somebody meant. */
const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .refine((number) => number >= min && number <= max);

const list = z.string().transform((text) => text.split(",").map((item) => item.trim()));

const origin = z.string().refine((text) => webAddress(text)?.origin === text);

/** Not more than scheme, host and path: what is compared with `iss`, or fetched. */
const address = z.string().refine((text) => {
  const url = webAddress(text);
  return url !== undefined && !/[?#\s]/.test(text) && url.username === "" && url.password === "";
});

/** With public keys only: an HS256 key could also make tokens. */
const algorithm = z.enum(["ES256", "Ed25519", "RS256"]);

interface Setting<Schema extends z.ZodType = z.ZodType> {
  schema: Schema;
  /** Completes the sentence "NAME must be …". */
  expected: string;
  /** What was found is not shown. */
  secret?: true;
}

/** Exported for the test that compares it with `.env.example`. */
export const definitions = {
  PORT: { schema: wholeNumber(1, 65_535).default(3002), expected: "a port number from 1 to 65535" },
  HOST: { schema: z.string().min(1).optional(), expected: "an address to listen on" },
  ISSUER_URL: {
    schema: address.default("http://localhost:3000"),
    expected: "the issuer's address, exactly as the tokens' iss has it, such as https://signet.example",
  },
  AUDIENCE: {
    schema: list.refine((items) => items.every((item) => item !== "")).optional(),
    expected: "one or more audiences, separated by commas",
  },
  ALLOWED_ALGORITHMS: {
    schema: list.pipe(z.array(algorithm)).default(["ES256"]),
    expected: "one or more of ES256, Ed25519 and RS256, separated by commas",
  },
  REQUIRED_SCOPE: {
    schema: z
      .string()
      .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
      .optional(),
    expected: "one scope, without spaces and quotes",
  },
  JWKS_URL: { schema: address.optional(), expected: "the address of the issuer's JWK Set" },
  REVOCATIONS_URL: { schema: address.optional(), expected: "the address of the issuer's feed of revocations" },
  CLIENT_ID: {
    schema: z
      .string()
      .regex(/^[^:]+$/)
      .optional(),
    expected: "the id that the issuer knows this service by, without a colon",
  },
  CLIENT_SECRET: {
    schema: z.string().min(1).optional(),
    expected: "the secret that belongs to CLIENT_ID",
    secret: true,
  },
  DATA_DIR: { schema: z.string().min(1).default(".data"), expected: "a folder" },
  ALLOWED_ORIGINS: {
    schema: list.pipe(z.array(origin)).optional(),
    expected: "one or more origins such as https://app.example.com, separated by commas, without trailing slashes",
  },
  CLOCK_TOLERANCE_SECONDS: { schema: wholeNumber(0, 60).default(30), expected: "a number of seconds from 0 to 60" },
  STALE_REVOCATIONS: { schema: z.enum(["accept", "reject"]).default("accept"), expected: "accept or reject" },
  STALE_REVOCATIONS_AFTER_SECONDS: {
    schema: wholeNumber(2, 900).default(30),
    expected: "a number of seconds from 2 to 900",
  },
  JWKS_STALE_HOURS: { schema: wholeNumber(1, 720).default(24), expected: "a number of hours from 1 to 720" },
  ALLOW_INSECURE_HTTP: { schema: flag.default(false), expected: "true or false" },
  LOG_LEVEL: {
    schema: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
    expected: "trace, debug, info, warn, error, fatal or silent",
  },
} satisfies Record<string, Setting>;

type Name = keyof typeof definitions;
type Parsed = { [N in Name]: z.output<(typeof definitions)[N]["schema"]> };

export interface Settings extends Parsed {
  HOST: string;
  AUDIENCE: string[];
  ALLOWED_ORIGINS: string[];
}

/** The settings of this process. @throws SettingError for the first one that cannot be used. */
export function readSettings(): Settings {
  return parseSettings(process.env);
}

/** @throws SettingError for the first setting that cannot be used. */
export function parseSettings(source: Record<string, string | undefined>): Settings {
  const parsed = parseEach(source);
  const complete: Settings = {
    ...parsed,
    HOST: parsed.HOST ?? (isLoopback(parsed.ISSUER_URL) ? "127.0.0.1" : "::"),
    AUDIENCE: parsed.AUDIENCE ?? [parsed.ISSUER_URL],
    ALLOWED_ORIGINS: parsed.ALLOWED_ORIGINS ?? [new URL(parsed.ISSUER_URL).origin],
  };
  assertTogether(complete);
  return complete;
}

function parseEach(source: Record<string, string | undefined>): Parsed {
  const values: Partial<Record<Name, unknown>> = {};
  for (const [name, setting] of Object.entries<Setting>(definitions)) {
    // An empty value is what a shell or a compose file makes of "not set".
    const found = source[name] === "" ? undefined : source[name];
    const result = setting.schema.safeParse(found);
    if (!result.success) {
      const shown = setting.secret ? "what was found is not shown here" : `found "${found}"`;
      throw new SettingError(`${name} must be ${setting.expected}; ${shown}.`);
    }
    values[name as Name] = result.data;
  }
  return values as Parsed;
}

/** What no setting can decide alone. */
function assertTogether(all: Settings): void {
  for (const name of ["ISSUER_URL", "JWKS_URL", "REVOCATIONS_URL"] as const) {
    const url = all[name];
    if (url === undefined || url.startsWith("https:") || isLoopback(url) || all.ALLOW_INSECURE_HTTP) continue;
    throw new SettingError(
      `${name} must be https outside localhost, because whoever can change what comes from there decides who gets in; ` +
        `found "${url}". Set ALLOW_INSECURE_HTTP=true only where something else keeps the network private.`,
    );
  }
  if ((all.CLIENT_ID === undefined) !== (all.CLIENT_SECRET === undefined)) {
    const [given, missing] =
      all.CLIENT_ID === undefined ? ["CLIENT_SECRET", "CLIENT_ID"] : ["CLIENT_ID", "CLIENT_SECRET"];
    throw new SettingError(
      `${given} is set and ${missing} is not: the feed of revocations needs both. Set both or neither.`,
    );
  }
  if (all.REVOCATIONS_URL !== undefined && all.CLIENT_ID === undefined) {
    throw new SettingError(
      "REVOCATIONS_URL needs CLIENT_ID and CLIENT_SECRET: the issuer tells nobody else what it has ended.",
    );
  }
}

function webAddress(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && ["http:", "https:"].includes(url.protocol) ? url : undefined;
}

/** Whether an address can only be reached from this machine. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return (
    hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "127.0.0.1" || hostname === "[::1]"
  );
}
