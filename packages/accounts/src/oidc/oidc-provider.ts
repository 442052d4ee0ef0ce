// A provider that speaks OpenID Connect: the code flow with PKCE, and an ID token that is verified in every point. `openid-client` does the
// protocol; what it leaves to its user is decided here.

import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  calculatePKCECodeChallenge,
  clockTolerance,
  customFetch,
  enableNonRepudiationChecks,
  fetchUserInfo,
  type IDToken,
  None,
  type ServerMetadata,
} from "openid-client";
import {
  type IdentityProvider,
  type IdentityProviderOptions,
  ProviderError,
  type ProviderTransaction,
} from "./identity-provider.ts";
import { checkConfiguredIssuer } from "./provider-address.ts";
import { answerAddress, checkProviderOptions, preferredUsernameOf } from "./provider-answer.ts";
import { providerErrorOf } from "./provider-failure.ts";
import { boundedFetch, type ProviderFetch, withinDeadline } from "./provider-fetch.ts";
import { createProviderMetadata } from "./provider-metadata.ts";

export interface OidcProviderOptions extends IdentityProviderOptions {
  /** Its issuer identifier, to the letter: https, or http on this machine. */
  issuer: string;
  /** For all requests of one step together. Default 5 seconds. */
  deadlineMs?: number;
  /** Default: the runtime's. */
  fetch?: typeof fetch;
  /** Milliseconds of a clock that nobody sets. Default: the runtime's. */
  monotonicMs?: () => number;
}

const scope = "openid profile";
/** An ID token is made when its code is exchanged: what is older was not made for this. */
const maxIdTokenAgeSeconds = 600;
const toleranceSeconds = 60;
/** OpenID Connect Core §2: at most 255 ASCII characters. */
const subjectShape = /^[\x20-\x7e]{1,255}$/;

/**
 * A provider by OpenID Connect. Asks nothing of it before somebody signs in.
 *
 * Does not check: whether this browser began the transaction, and whether an answer comes a second time, which the provider does as well.
 *
 * @throws TypeError for options that cannot be right
 */
export function createOidcProvider(options: OidcProviderOptions): IdentityProvider {
  const { name, label, issuer, clientId, clientSecret, deadlineMs = 5_000, fetch = globalThis.fetch } = options;
  const { monotonicMs = () => performance.now() } = options;
  checkConfiguredIssuer(issuer, "issuer");
  const redirectUri = checkProviderOptions(options);
  const limits = { deadlineMs, fetch };
  const knownMetadata = createProviderMetadata({ issuer, clientId, ...limits, monotonicMs });

  /** Made anew for each step, as the library remembers keys with it: a sign-in sees the keys of its own time, rotated or not. */
  function configure(metadata: ServerMetadata, bounded: ProviderFetch): Configuration {
    const client = { [clockTolerance]: toleranceSeconds };
    const config = new Configuration(metadata, clientId, client, clientAuthentication(metadata, clientSecret));
    config[customFetch] = bounded;
    if (issuer.startsWith("http:")) allowInsecureRequests(config);
    // Not on by default in the code flow, where TLS stands for the signature (OpenID Connect Core §3.1.3.7, 6).
    enableNonRepudiationChecks(config);
    return config;
  }

  async function exchange(answer: URLSearchParams, transaction: ProviderTransaction, config: Configuration) {
    const { state, nonce, codeVerifier } = transaction;
    const tokens = await authorizationCodeGrant(config, answerAddress(answer, redirectUri), {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new ProviderError("refused", "The provider gave no ID token.");
    return { accessToken: tokens.access_token, claims };
  }

  /**
   * What the person is called is a suggestion for later: who it is has been proven without, so an endpoint that fails, or takes more than
   * half of the time, costs nobody their sign-in. One that speaks of somebody else ends it: then something is being mixed up.
   */
  async function findUsername(config: Configuration, accessToken: string, subject: string, signal: AbortSignal) {
    if (config.serverMetadata().userinfo_endpoint === undefined) return undefined;
    config[customFetch] = boundedFetch(fetch, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs / 2)]));
    try {
      const { preferred_username: username } = await fetchUserInfo(config, accessToken, subject);
      return preferredUsernameOf(username);
    } catch (error) {
      if (error instanceof ClientError && error.code !== undefined && otherSubject.has(error.code)) throw error;
      return undefined;
    }
  }

  return {
    name,
    label,
    issuer,
    async authorizationUrl({ state, nonce, codeVerifier }) {
      try {
        return await withinDeadline(limits, async (bounded) => {
          const config = configure(await knownMetadata.find(), bounded);
          return buildAuthorizationUrl(config, {
            redirect_uri: redirectUri,
            scope,
            state,
            nonce,
            code_challenge: await calculatePKCECodeChallenge(codeVerifier),
            code_challenge_method: "S256",
          });
        });
      } catch (error) {
        throw providerErrorOf(error);
      }
    },
    async identify(answer, transaction) {
      try {
        return await withinDeadline(limits, async (bounded, signal) => {
          const config = configure(await knownMetadata.find(), bounded);
          const { accessToken, claims } = await exchange(answer, transaction, config);
          const subject = checkIdToken(claims);
          const preferredUsername =
            preferredUsernameOf(claims["preferred_username"]) ??
            (await findUsername(config, accessToken, subject, signal));
          return { issuer, subject, preferredUsername };
        });
      } catch (error) {
        throw providerErrorOf(error);
      }
    },
  };
}

/** Of `openid-client`: the answer is of another subject, or of none. */
const otherSubject = new Set(["OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED", "OAUTH_INVALID_RESPONSE"]);

/** Basic where it is supported or nothing is said (OpenID Connect Discovery §3). */
function clientAuthentication(metadata: ServerMetadata, clientSecret: string | undefined): ClientAuth {
  if (clientSecret === undefined) return None();
  const supported = metadata.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  return supported.includes("client_secret_basic") ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret);
}

/** What the library leaves out: how old the token is, and what a subject looks like. */
function checkIdToken({ iat, sub }: IDToken): string {
  const ageSeconds = Date.now() / 1000 - iat;
  // Put this way round so that an age that cannot be told is wrong.
  if (!(ageSeconds <= maxIdTokenAgeSeconds && ageSeconds >= -toleranceSeconds)) {
    throw new ProviderError("refused", "The ID token was not made now.");
  }
  if (!subjectShape.test(sub)) throw new ProviderError("refused", "The ID token has no usable subject.");
  return sub;
}
