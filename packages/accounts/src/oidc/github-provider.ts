// GitHub, which has OAuth and no OpenID Connect: no ID token, no nonce and no metadata. Who somebody is says its API, asked with the
// access token that came straight from it.

import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretPost,
  Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  None,
} from "openid-client";
import {
  type IdentityProvider,
  type IdentityProviderOptions,
  ProviderError,
  type ProviderTransaction,
} from "./identity-provider.ts";
import { checkConfiguredIssuer } from "./provider-address.ts";
import { answerAddress, checkProviderOptions, preferredUsernameOf } from "./provider-answer.ts";
import { providerErrorOf, shown } from "./provider-failure.ts";
import { type ProviderFetch, withinDeadline } from "./provider-fetch.ts";

export interface GithubProviderOptions extends IdentityProviderOptions {
  /** Of a GitHub Enterprise Server: its origin. Default `https://github.com`. */
  url?: string;
  /** For all requests of one step together. Default 5 seconds. */
  deadlineMs?: number;
  /** Default: the runtime's. */
  fetch?: typeof fetch;
}

const defaultUrl = "https://github.com";
const defaultUserEndpoint = "https://api.github.com/user";

/**
 * GitHub, or a GitHub Enterprise Server. The subject is the number of the account, which stays when its name changes; the issuer is the
 * server's origin, which GitHub itself sends nowhere.
 *
 * Does not check: an issuer or a nonce, as none comes. That an answer is this provider's shows its redirect URI, which no other has
 * (RFC 9700 §4.4.2.2), together with `state` and PKCE.
 *
 * @throws TypeError for options that cannot be right
 */
export function createGithubProvider(options: GithubProviderOptions): IdentityProvider {
  const { name, label, url = defaultUrl, clientId, clientSecret } = options;
  const { deadlineMs = 5_000, fetch = globalThis.fetch } = options;
  const server = checkConfiguredIssuer(url, "url");
  if (server.pathname !== "/") throw new TypeError("url must be an origin, without a path.");
  const issuer = server.origin;
  const userEndpoint = issuer === defaultUrl ? defaultUserEndpoint : `${issuer}/api/v3/user`;
  const redirectUri = checkProviderOptions(options);
  const limits = { deadlineMs, fetch };
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/login/oauth/authorize`,
    token_endpoint: `${issuer}/login/oauth/access_token`,
  };

  function configure(bounded: ProviderFetch): Configuration {
    const authentication = clientSecret === undefined ? None() : ClientSecretPost(clientSecret);
    const config = new Configuration(metadata, clientId, undefined, authentication);
    config[customFetch] = async (address, request) => checkTokenAnswer(await bounded(address, request));
    if (server.protocol === "http:") allowInsecureRequests(config);
    return config;
  }

  async function exchange(answer: URLSearchParams, transaction: ProviderTransaction, bounded: ProviderFetch) {
    const { access_token: accessToken } = await authorizationCodeGrant(
      configure(bounded),
      answerAddress(withoutOwnIssuer(answer, issuer), redirectUri),
      { expectedState: transaction.state, pkceCodeVerifier: transaction.codeVerifier },
    );
    return accessToken;
  }

  async function findUser(accessToken: string, bounded: ProviderFetch) {
    const answer = await bounded(userEndpoint, {
      method: "GET",
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${accessToken}`,
        // It refuses requests without.
        "user-agent": "signet",
        "x-github-api-version": "2022-11-28",
      },
    });
    const user: unknown = await answer.json();
    const { id, login }: { id?: unknown; login?: unknown } = typeof user === "object" && user !== null ? user : {};
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id <= 0) {
      throw new ProviderError("refused", "GitHub gave a user without a number.");
    }
    return { issuer, subject: String(id), preferredUsername: preferredUsernameOf(login) };
  }

  return {
    name,
    label,
    issuer,
    async authorizationUrl({ state, codeVerifier }) {
      return buildAuthorizationUrl(
        configure(() => Promise.reject(new TypeError("Nothing is fetched for this."))),
        {
          redirect_uri: redirectUri,
          state,
          code_challenge: await calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: "S256",
        },
      );
    },
    async identify(answer, transaction) {
      try {
        return await withinDeadline(limits, async (bounded) =>
          findUser(await exchange(answer, transaction, bounded), bounded),
        );
      } catch (error) {
        throw providerErrorOf(error);
      }
    },
  };
}

/** It sends none today. One of its own origin, whatever the path, would be no reason to refuse; another one is, in the library. */
function withoutOwnIssuer(answer: URLSearchParams, issuer: string): URLSearchParams {
  const [iss = "", ...others] = answer.getAll("iss");
  if (others.length > 0 || !URL.canParse(iss) || new URL(iss).origin !== issuer) return answer;
  return new URLSearchParams([...answer].filter(([name]) => name !== "iss"));
}

/** GitHub sends the errors of its token endpoint with 200. */
async function checkTokenAnswer(response: Response): Promise<Response> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  if (typeof body === "object" && body !== null && "error" in body && typeof body.error === "string") {
    throw new ProviderError("refused", `GitHub refused the exchange: ${shown(body.error)}.`);
  }
  return response;
}
