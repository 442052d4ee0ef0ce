// Verifies Signet's access tokens with oauth4webapi, which begins with the issuer's metadata (RFC 8414).

import * as oauth from "oauth4webapi";
import { ALGORITHM, AUDIENCE, answerLines, ISSUER } from "./lines.mjs";

// This issuer is on this very machine; anywhere else it is https.
const options = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(ISSUER);

let metadata;

await answerLines(async (token) => {
  metadata ??= await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { ...options, algorithm: "oauth2" }),
  );
  const request = new Request(`${AUDIENCE}/protected`, { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(metadata, request, AUDIENCE, { ...options, signingAlgorithms: [ALGORITHM] });
});
