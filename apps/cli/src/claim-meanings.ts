// What the members of a token mean, in words.

const meanings: Readonly<Record<string, string>> = {
  alg: "how it is signed",
  kid: "which key signed it",
  typ: "what kind of token it is",
  iss: "who issued it",
  sub: "whom it is about: an id, never a name",
  aud: "whom it is meant for",
  exp: "refused from then on",
  iat: "when it was issued",
  nbf: "refused before then",
  jti: "names this one token",
  sid: "names the session; `signet sessions end` takes it",
  client_id: "for which app it was issued",
  scope: "what its holder may do",
  auth_time: "when the person last proved who they are",
  amr: "how: pwd by password, fed by another provider",
  preferred_username: "the name to show; it may change",
};

export function meaningOf(name: string): string | undefined {
  return Object.hasOwn(meanings, name) ? meanings[name] : undefined;
}
