// Where an issuer keeps its keys and its feed of revocations: from its metadata, or as configured. Looked up once and
// remembered; looked up again when what it led to fails.

import { checkAddress } from "./issuer-address.ts";
import { fetchJson } from "./remote-json.ts";
import type { JsonObject } from "./strict-json.ts";
import { type Schedule, withinTime } from "./within-time.ts";

export interface IssuerEndpoints {
  jwksUrl: string;
  /** Undefined where the issuer has no feed. */
  revocationsUrl: string | undefined;
}

export interface IssuerMetadataOptions {
  issuer: string;
  allowInsecureHttp: boolean;
  fetch: typeof fetch;
  schedule: Schedule;
  timeoutMs: number;
  /** Ends what is under way. */
  signal: AbortSignal;
  onProblem(error: unknown): void;
  onRecovered(): void;
}

export interface IssuerMetadata {
  /** The endpoints: at once when they were found before. Those who ask meanwhile share one fetch. Rejects when it fails. */
  find(): Promise<IssuerEndpoints>;
  /** Something is wrong with them: they are looked up again, while the old ones stay in use. */
  doubt(): void;
}

const maxBytes = 256 * 1024;

/**
 * Where an issuer's metadata is: the well-known part stands between host and path.
 *
 * @see RFC 8414 §3.1
 */
export function metadataUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, "")}`;
}

/** Endpoints that are configured: nothing is fetched. */
export function fixedEndpoints(endpoints: IssuerEndpoints): IssuerMetadata {
  return { find: () => Promise.resolve(endpoints), doubt() {} };
}

export function createIssuerMetadata(options: IssuerMetadataOptions): IssuerMetadata {
  const { issuer, fetch, schedule, timeoutMs, signal, onProblem, onRecovered } = options;
  const url = metadataUrl(issuer);
  let known: IssuerEndpoints | undefined;
  let looking: Promise<IssuerEndpoints> | undefined;
  let hasProblem = false;

  async function look(): Promise<IssuerEndpoints> {
    try {
      const { body } = await withinTime((waiting) => fetchJson(url, { fetch, maxBytes, signal: waiting }), {
        timeoutMs,
        schedule,
        message: "The issuer's metadata did not come in time.",
        signal,
      });
      known = endpointsOf(body ?? {}, options);
      if (hasProblem) onRecovered();
      hasProblem = false;
      return known;
    } catch (cause) {
      if (!signal.aborted && !hasProblem) {
        hasProblem = true;
        onProblem(cause);
      }
      throw new Error("The issuer's metadata could not be read.", { cause });
    }
  }

  function lookOnce(): Promise<IssuerEndpoints> {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    find: async () => known ?? lookOnce(),
    doubt() {
      // In the background: the old addresses may be right, and are given meanwhile.
      if (known !== undefined) lookOnce().catch(() => {});
    },
  };
}

/** Only what is the issuer's own (RFC 8414 §3.3) and leads to a sound address. */
function endpointsOf(metadata: JsonObject, { issuer, allowInsecureHttp }: IssuerMetadataOptions): IssuerEndpoints {
  if (metadata["issuer"] !== issuer) throw new Error("The metadata is another issuer's.");
  const { jwks_uri: jwksUri, revocations_endpoint: revocations } = metadata;
  return {
    jwksUrl: checkEndpoint(jwksUri, "jwks_uri", issuer, allowInsecureHttp),
    revocationsUrl:
      revocations === undefined
        ? undefined
        : checkEndpoint(revocations, "revocations_endpoint", issuer, allowInsecureHttp),
  };
}

function checkEndpoint(address: unknown, name: string, issuer: string, allowInsecureHttp: boolean): string {
  const url = checkAddress(address, name, allowInsecureHttp);
  // Our credentials go there. An issuer that is reached over TLS must not lead to a place that is not.
  if (url.protocol === "http:" && !issuer.startsWith("http:"))
    throw new TypeError(`${name} must be an https: address.`);
  return url.href;
}
