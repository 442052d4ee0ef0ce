// What a provider says of itself: looked up when somebody signs in and not before, so that a provider that is down stops nothing else,
// and remembered for an hour.

import { allowInsecureRequests, customFetch, discovery, type ServerMetadata } from "openid-client";
import { ProviderError } from "./identity-provider.ts";
import { checkEndpoint } from "./provider-address.ts";
import { providerErrorOf } from "./provider-failure.ts";
import { withinDeadline } from "./provider-fetch.ts";

export interface ProviderMetadataOptions {
  /** As configured, to the letter. */
  issuer: string;
  clientId: string;
  fetch: typeof globalThis.fetch;
  deadlineMs: number;
  monotonicMs: () => number;
}

export interface ProviderMetadata {
  /**
   * The metadata: at once when they were found before. Those who ask meanwhile share one look-up; one that failed is not remembered.
   *
   * @throws ProviderError `unavailable` | `refused`
   */
  find(): Promise<ServerMetadata>;
}

const rememberedMs = 60 * 60 * 1000;
/** Signatures that the provider alone can make: no secret that this server also has, and no `none`. */
const algorithms = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");

export function createProviderMetadata(options: ProviderMetadataOptions): ProviderMetadata {
  const { issuer, clientId, deadlineMs, fetch, monotonicMs } = options;
  const issuerUrl = new URL(issuer);
  let known: { metadata: ServerMetadata; at: number } | undefined;
  let looking: Promise<ServerMetadata> | undefined;

  async function look(): Promise<ServerMetadata> {
    try {
      const found = await withinDeadline({ fetch, deadlineMs }, (bounded) =>
        discovery(issuerUrl, clientId, undefined, undefined, {
          [customFetch]: bounded,
          execute: issuerUrl.protocol === "http:" ? [allowInsecureRequests] : [],
        }),
      );
      const metadata = checkMetadata(found.serverMetadata(), issuer, issuerUrl);
      known = { metadata, at: monotonicMs() };
      return metadata;
    } catch (error) {
      throw providerErrorOf(error);
    }
  }

  return {
    async find() {
      if (known !== undefined && monotonicMs() - known.at < rememberedMs) return known.metadata;
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}

/**
 * Compares the issuer to the letter: the library takes a slash more or less for the same, and makes exceptions for some providers whose
 * tokens are of many issuers.
 *
 * @see OpenID Connect Discovery §4.3, RFC 8414 §3.3
 */
function checkMetadata(found: Readonly<ServerMetadata>, issuer: string, issuerUrl: URL): ServerMetadata {
  if (found.issuer !== issuer) {
    throw new ProviderError(
      "refused",
      "The metadata are of another issuer than the configured one; a last slash counts.",
    );
  }
  checkEndpoint(found.authorization_endpoint, "authorization_endpoint", issuerUrl);
  checkEndpoint(found.token_endpoint, "token_endpoint", issuerUrl);
  checkEndpoint(found.jwks_uri, "jwks_uri", issuerUrl);
  if (found.userinfo_endpoint !== undefined) checkEndpoint(found.userinfo_endpoint, "userinfo_endpoint", issuerUrl);
  // RS256 where nothing is said (OpenID Connect Core §3.1.3.7).
  const announced = found.id_token_signing_alg_values_supported ?? ["RS256"];
  return { ...found, id_token_signing_alg_values_supported: announced.filter((name) => algorithms.includes(name)) };
}
