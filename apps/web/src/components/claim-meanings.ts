// What each part of a token is for, in one sentence each.

export const headerMeanings: Record<string, string> = {
  alg: "How the seal is made. The key decides which one is accepted, never the token.",
  kid: "Which key sealed it, so that a reader picks the right public key.",
  typ: "What kind of token it is. An access token is never taken for another kind.",
};

export const claimMeanings: Record<string, string> = {
  iss: "Issuer: the server that sealed it.",
  sub: "Subject: whom it is about. An id that is never given to anybody else.",
  aud: "Audience: who may accept it. Everybody else must refuse it.",
  exp: "Refused from this moment on.",
  nbf: "Refused before this moment.",
  iat: "When it was sealed.",
  jti: "The name of this one token, so that it alone can be revoked.",
  sid: "The session it belongs to: one sign-in on one device.",
  client_id: "The app that asked for it.",
  scope: "What it permits beyond being signed in.",
  auth_time: "When you last proved who you are.",
  amr: "How you proved it: pwd is a password, fed is a provider that you signed in with.",
  preferred_username: "Your name, to be shown to people. Nobody is recognised by it.",
};

const times: ReadonlySet<string> = new Set(["exp", "nbf", "iat", "auth_time"]);

/** The value as people read it, where that is another way than it is written. */
export function readable(name: string, value: unknown): string | undefined {
  if (times.has(name) && typeof value === "number" && Number.isFinite(value) && Math.abs(value) < 8.64e12) {
    return new Date(value * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  }
  return name === "scope" && value === "" ? "nothing" : undefined;
}
