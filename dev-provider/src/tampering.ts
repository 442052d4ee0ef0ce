// Answers changed on their way out: the provider that a relying party must not be taken in by. Nothing of it is on unless a test asks.

import { decodeJwt, decodeProtectedHeader } from "jose";
import type { KoaContextWithOIDC } from "oidc-provider";
import type { SigningKey } from "./signing-keys.ts";
import type { Trouble } from "./troubles.ts";

/** What a relying party asks for itself, without the browser. */
export type Place = "metadata" | "keys" | "token" | "userinfo";

export type Fields = Record<string, unknown>;

/** Signs claims with the provider's own key. The header is the usual one, unless another is given. */
export type SignIdToken = (claims: Fields, header?: Fields) => Promise<string>;

export interface IdTokenParts {
  header: Fields;
  claims: Fields;
  /** As it was signed. */
  text: string;
  sign: SignIdToken;
}

/** One answer or several, changed or replaced. */
export interface Tampering {
  /** The query of the address to which the browser is sent back. */
  authorizationAnswer?: (query: URLSearchParams) => void;
  metadata?: (metadata: Fields) => Fields;
  keys?: (keys: Fields[]) => Fields[];
  tokenAnswer?: (answer: Fields) => Fields;
  /** Gives the ID token that is sent instead. */
  idToken?: (parts: IdTokenParts) => Promise<string> | string;
  userinfo?: (claims: Fields) => Fields;
  /** In place of an answer. */
  instead?: Partial<Record<Place, Trouble>>;
}

const places: Readonly<Record<string, Place>> = {
  "/.well-known/openid-configuration": "metadata",
  "/jwks": "keys",
  "/token": "token",
  "/me": "userinfo",
};

/** What is asked for at a path. */
export function placeOf(path: string): Place | undefined {
  return Object.hasOwn(places, path) ? places[path] : undefined;
}

/** Changes what goes out. Answers that are errors already go out as they are. */
export function tamperingMiddleware(current: () => Tampering, key: () => SigningKey) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const tampering = current();
    const location = ctx.response.get("Location");
    if (location !== "" && URL.canParse(location) && new URL(location).origin !== ctx.origin) {
      const address = new URL(location);
      tampering.authorizationAnswer?.(address.searchParams);
      ctx.response.set("Location", address.href);
    }
    if (ctx.status === 200) ctx.body = await changed(placeOf(ctx.path), ctx.body, tampering, key());
  };
}

async function changed(
  place: Place | undefined,
  body: unknown,
  tampering: Tampering,
  key: SigningKey,
): Promise<unknown> {
  if (!isFields(body)) return body;
  const { metadata, keys, tokenAnswer, idToken, userinfo } = tampering;
  if (place === "metadata" && metadata !== undefined) return metadata(body);
  if (place === "userinfo" && userinfo !== undefined) return userinfo(body);
  if (place === "keys" && keys !== undefined) {
    return { keys: keys(Array.isArray(body["keys"]) ? body["keys"].filter(isFields) : []) };
  }
  if (place !== "token") return body;
  const { id_token: text } = body;
  const answer =
    idToken !== undefined && typeof text === "string"
      ? { ...body, id_token: await idToken({ text, ...partsOf(text), sign: key.sign }) }
      : body;
  return tokenAnswer?.(answer) ?? answer;
}

function partsOf(text: string): { header: Fields; claims: Fields } {
  return { header: { ...decodeProtectedHeader(text) }, claims: decodeJwt(text) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
