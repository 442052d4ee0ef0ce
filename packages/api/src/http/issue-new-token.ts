// POST /auth/issue-new-token: Basic credentials in, an access token out. For scripts and other backends.

import { refusalOf } from "../auth-errors.ts";
import type { ApiServices, Peer } from "../context.ts";
import { clientOf } from "../context.ts";
import { json, refused } from "./answers.ts";
import { basicChallenge, parseBasicCredentials } from "./basic-credentials.ts";

export async function issueNewToken(services: ApiServices, request: Request, peer: Peer): Promise<Response> {
  try {
    const credentials = parseBasicCredentials(request.headers.get("authorization"));
    const issued = await services.accounts.issueToken(credentials, clientOf(request, peer), { refreshable: false });
    return json({ access_token: issued.accessToken, token_type: "bearer", expires_in: issued.expiresIn });
  } catch (error) {
    const wantsPassword = refusalOf(error).reason === "credentials_invalid";
    return refused(error, wantsPassword ? { "WWW-Authenticate": basicChallenge } : {});
  }
}
