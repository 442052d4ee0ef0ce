// node:http and our verifier.

import { parseBearer } from "@signet/auth/bearer";
import { listenJson, signetVerifier } from "./setting.ts";

const verifier = await signetVerifier();

listenJson(async (authorization) => {
  const claims = await verifier.verify(parseBearer(authorization));
  return { subject: claims.sub };
});
