import { expect, test } from "vitest";
import { openProviders } from "./identity-providers.ts";
import { parseProviders } from "./provider-settings.ts";

const transaction = { state: "s".repeat(22), nonce: "n".repeat(43), codeVerifier: "v".repeat(43) };

test("sends people back to an address of the configured origin, one for each provider (OAU-05, OAU-10)", async () => {
  const PROVIDERS = parseProviders({
    OIDC_EXAMPLE_ISSUER: "https://id.example",
    OIDC_EXAMPLE_CLIENT_ID: "signet",
    GITHUB_CLIENT_ID: "id",
    GITHUB_CLIENT_SECRET: "secret",
  });
  const providers = openProviders({ PROVIDERS, API_URL: "https://api.signet.example" });
  expect(providers.map(({ name, issuer }) => [name, issuer])).toEqual([
    ["example", "https://id.example"],
    ["github", "https://github.com"],
  ]);
  // No request has a part in it: there is none.
  const url = await providers[1]?.authorizationUrl(transaction);
  expect(url?.searchParams.get("redirect_uri")).toBe("https://api.signet.example/auth/oidc/github/callback");
  expect(url?.searchParams.get("code_challenge_method")).toBe("S256");
});
