// The only reader of process.env in a process of the issuer. Every setting is checked once, at start; a wrong one stops it.

import { z } from "zod";
import { isLoopback } from "./loopback.ts";
import { type ProviderSettings, parseProviders } from "./provider-settings.ts";
import { SettingError } from "./setting-error.ts";

const flag = z.enum(["true", "false"]).transform((text) => text === "true");

/** Digits only, so that `1e3` or ` 80 ` is not taken for what somebody meant. */
const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .refine((number) => number >= min && number <= max);

const list = z.string().transform((text) => text.split(",").map((item) => item.trim()));

const origin = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && ["http:", "https:"].includes(url.protocol) && url.origin === text;
});

/** `id:secret`. An id needs no encoding anywhere it may stand; a secret has no comma and no white space, which would be lost. */
const clientPair = /^([A-Za-z0-9._~-]{1,64}):([\x21-\x2b\x2d-\x7e]{32,512})$/;

const clientPairs = list.transform((pairs, context) => {
  const clients = pairs.flatMap((pair) => {
    const [, id, secret] = clientPair.exec(pair) ?? [];
    return id === undefined || secret === undefined ? [] : [{ id, secret }];
  });
  const areDistinct = new Set(clients.map(({ id }) => id)).size === clients.length;
  if (clients.length < pairs.length || !areDistinct) context.addIssue({ code: "custom", message: "unusable" });
  return clients;
});

interface Setting<Schema extends z.ZodType = z.ZodType> {
  schema: Schema;
  /** Completes the sentence "NAME must be …". */
  expected: string;
  /** What was found is not shown. */
  secret?: true;
}

/** Exported for the test that compares it with `.env.example`. */
export const definitions = {
  PORT: { schema: wholeNumber(1, 65_535).default(3000), expected: "a port number from 1 to 65535" },
  HOST: { schema: z.string().min(1).optional(), expected: "an address to listen on" },
  APP_URL: { schema: origin.optional(), expected: "an origin such as https://example.com, without a trailing slash" },
  API_URL: {
    schema: origin.optional(),
    expected: "an origin such as https://api.example.com, without a trailing slash",
  },
  DATABASE_URL: {
    schema: z
      .string()
      .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text))
      .optional(),
    expected: "a PostgreSQL address: postgresql://user:password@host/database",
    secret: true,
  },
  DATA_DIR: { schema: z.string().min(1).default(".data"), expected: "a folder" },
  MIGRATE_ON_START: { schema: flag.default(true), expected: "true or false" },
  AUTH_SECRET: {
    schema: list.optional(),
    expected: "one or more secrets of at least 32 bytes, separated by commas",
    secret: true,
  },
  AUTH_ALGORITHM: {
    schema: z.enum(["ES256", "Ed25519", "RS256", "HS256"]).default("ES256"),
    expected: "ES256, Ed25519, RS256 or HS256",
  },
  AUTH_KEYS_FILE: { schema: z.string().min(1).optional(), expected: "the path of a private JWK Set" },
  AUTH_HS256_SECRET: {
    schema: z.string().min(1).optional(),
    expected: "at least 32 bytes of UTF-8 text",
    secret: true,
  },
  AUTH_AUDIENCE: {
    schema: list.refine((items) => items.every((item) => item !== "")).optional(),
    expected: "one or more audiences, separated by commas",
  },
  ACCESS_TOKEN_TTL_SECONDS: { schema: wholeNumber(1, 900).default(300), expected: "a number of seconds from 1 to 900" },
  CLOCK_TOLERANCE_SECONDS: { schema: wholeNumber(0, 60).default(0), expected: "a number of seconds from 0 to 60" },
  SESSION_MAX_DAYS: { schema: wholeNumber(1, 365).default(30), expected: "a number of days from 1 to 365" },
  SESSION_IDLE_DAYS: { schema: wholeNumber(1, 365).default(7), expected: "a number of days from 1 to 365" },
  KEY_ROTATION_DAYS: { schema: wholeNumber(1, 365).default(30), expected: "a number of days from 1 to 365" },
  AUDIT_RETENTION_DAYS: { schema: wholeNumber(1, 3650).default(90), expected: "a number of days from 1 to 3650" },
  STALE_REVOCATIONS: { schema: z.enum(["accept", "reject"]).default("accept"), expected: "accept or reject" },
  STALE_REVOCATIONS_AFTER_SECONDS: {
    schema: wholeNumber(2, 900).default(30),
    expected: "a number of seconds from 2 to 900",
  },
  PASSWORD_MIN_LENGTH: { schema: wholeNumber(8, 64).default(15), expected: "a number of characters from 8 to 64" },
  SIGN_INS_PER_ACCOUNT: { schema: wholeNumber(1, 100).default(10), expected: "a number of attempts from 1 to 100" },
  SIGN_INS_PER_ADDRESS: {
    schema: wholeNumber(1, 1_000_000).default(100),
    expected: "a number of attempts from 1 to 1000000",
  },
  SIGN_UPS_PER_ADDRESS: {
    schema: wholeNumber(1, 1_000_000).default(30),
    expected: "a number of attempts from 1 to 1000000",
  },
  RESOURCE_SERVER_CLIENTS: {
    schema: clientPairs.optional(),
    expected:
      "one or more pairs id:secret, separated by commas, each with an id of its own and a secret of at least 32 bytes",
    secret: true,
  },
  ACCEPT_TOKEN_FROM_QUERY: { schema: flag.default(false), expected: "true or false" },
  ALLOWED_ORIGINS: {
    schema: list.refine((items) => items.every((item) => origin.safeParse(item).success)).optional(),
    expected: "one or more origins such as https://admin.example.com, separated by commas, without trailing slashes",
  },
  RESOURCE_SERVER_URL: {
    schema: origin.optional(),
    expected: "an origin such as https://notes.example.com, without a trailing slash",
  },
  TRUSTED_PROXY_HOPS: { schema: wholeNumber(0, 10).default(0), expected: "a number of proxies from 0 to 10" },
  ALLOW_INSECURE_HTTP: { schema: flag.default(false), expected: "true or false" },
  DRAIN_SECONDS: { schema: wholeNumber(0, 300).default(0), expected: "a number of seconds from 0 to 300" },
  WORKERS: { schema: wholeNumber(1, 256).optional(), expected: "a number of processes from 1 to 256" },
  LOG_LEVEL: {
    schema: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
    expected: "trace, debug, info, warn, error, fatal or silent",
  },
} satisfies Record<string, Setting>;

type Name = keyof typeof definitions;
type Parsed = { [N in Name]: z.output<(typeof definitions)[N]["schema"]> };

export interface Settings extends Parsed {
  HOST: string;
  APP_URL: string;
  API_URL: string;
  AUTH_AUDIENCE: string[];
  ALLOWED_ORIGINS: string[];
  RESOURCE_SERVER_CLIENTS: { id: string; secret: string }[];
  /** Where else people may sign in, of `OIDC_<NAME>_…` and `GITHUB_…`. */
  PROVIDERS: ProviderSettings[];
}

let cached: Settings | undefined;

/** What is taken for a setting that is not set, where an app has other defaults than the web app. */
type Defaults = Partial<Record<Name, string>>;

/** The settings of this process. @throws SettingError */
export function settings(defaults: Defaults = {}): Settings {
  cached ??= parseSettings(process.env, defaults);
  return cached;
}

/** @throws SettingError for the first setting that cannot be used. */
export function parseSettings(source: Record<string, string | undefined>, defaults: Defaults = {}): Settings {
  const parsed = parseEach(source, defaults);
  const appUrl = parsed.APP_URL ?? `http://localhost:${parsed.PORT}`;
  const complete: Settings = {
    ...parsed,
    APP_URL: appUrl,
    API_URL: parsed.API_URL ?? appUrl,
    HOST: parsed.HOST ?? (isLoopback(appUrl) ? "127.0.0.1" : "::"),
    AUTH_AUDIENCE: parsed.AUTH_AUDIENCE ?? [appUrl],
    ALLOWED_ORIGINS: parsed.ALLOWED_ORIGINS ?? [],
    // Not for a public origin: on the machine of a visitor, whatever listens there would be given the token.
    RESOURCE_SERVER_URL: parsed.RESOURCE_SERVER_URL ?? (isLoopback(appUrl) ? "http://localhost:3002" : undefined),
    RESOURCE_SERVER_CLIENTS: parsed.RESOURCE_SERVER_CLIENTS ?? [],
    PROVIDERS: parseProviders(source),
  };
  assertTogether(complete);
  return complete;
}

function parseEach(source: Record<string, string | undefined>, defaults: Defaults): Parsed {
  const values: Partial<Record<Name, unknown>> = {};
  for (const [name, setting] of Object.entries<Setting>(definitions)) {
    // An empty value is what a shell or a compose file makes of "not set".
    const found = source[name] === "" ? undefined : source[name];
    const used = found ?? defaults[name as Name];
    const result = setting.schema.safeParse(used);
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
  for (const name of ["APP_URL", "API_URL", "RESOURCE_SERVER_URL"] as const) {
    const url = all[name];
    if (url === undefined || url.startsWith("https:") || isLoopback(url) || all.ALLOW_INSECURE_HTTP) continue;
    throw new SettingError(
      `${name} must be https outside localhost, because tokens travel with every request; found "${url}". ` +
        "Set ALLOW_INSECURE_HTTP=true only where something else keeps the network private.",
    );
  }
  if (all.DATABASE_URL !== undefined && all.AUTH_SECRET === undefined) {
    throw new SettingError(
      "AUTH_SECRET is required together with DATABASE_URL, so that all replicas make the same keys. " +
        "One can be made with: openssl rand -base64 48",
    );
  }
  if (all.AUTH_ALGORITHM === "RS256" && all.AUTH_KEYS_FILE === undefined) {
    throw new SettingError("AUTH_ALGORITHM=RS256 needs AUTH_KEYS_FILE, the path of a private JWK Set with an RSA key.");
  }
  if (all.AUTH_HS256_SECRET !== undefined && all.AUTH_ALGORITHM !== "HS256") {
    throw new SettingError("AUTH_HS256_SECRET is set, but AUTH_ALGORITHM is not HS256: set both or neither.");
  }
}
