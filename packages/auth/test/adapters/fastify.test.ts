import fastify from "fastify";
import { expectTypeOf } from "vitest";
import type { AccessTokenClaims } from "../../src/claims.ts";
import { protect } from "../../src/fastify.ts";
import { guaranteesOf, notesScopes } from "./adapter-scene.ts";

guaranteesOf(
  async (verifier) => {
    const app = fastify();
    app.get("/any", { onRequest: protect(verifier) }, (request) => {
      expectTypeOf(request.claims).toEqualTypeOf<AccessTokenClaims | undefined>();
      return { sub: request.claims?.sub };
    });
    app.get("/notes", { preHandler: protect(verifier, { scopes: notesScopes }) }, (request) => ({
      sub: request.claims?.sub,
    }));
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    return { url, close: () => app.close() };
  },
  { seesRepeatedHeaders: true },
);
