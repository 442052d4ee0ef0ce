// A token per line in, claims or a refusal per line out.

import { createInterface } from "node:readline";

export const { ALGORITHM = "", AUDIENCE = "", ISSUER = "", JWKS_URL = "", SHARED_SECRET } = process.env;

/** @param {(token: string) => unknown} verify throws to refuse */
export async function answerLines(verify) {
  for await (const token of createInterface({ input: process.stdin })) {
    const answer = await Promise.resolve(token)
      .then(verify)
      .catch((error) => ({ refused: String(error) }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
