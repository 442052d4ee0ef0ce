import { Hono } from "hono";
import { expectTypeOf } from "vitest";
import type { AccessTokenClaims } from "../../src/claims.ts";
import { type ClaimsVariables, protect } from "../../src/hono.ts";
import { guaranteesOf, listen, notesScopes, toListener } from "./adapter-scene.ts";

guaranteesOf(
  async (verifier) => {
    const app = new Hono<{ Variables: ClaimsVariables }>();
    app.onError((_, c) => c.text("Internal Server Error", 500));
    app.get("/any", protect(verifier), (c) => {
      expectTypeOf(c.get("claims")).toEqualTypeOf<AccessTokenClaims>();
      return c.json({ sub: c.get("claims").sub });
    });
    app.get("/notes", protect(verifier, { scopes: notesScopes }), (c) => c.json({ sub: c.get("claims").sub }));
    return listen(toListener((request) => app.fetch(request)));
  },
  { seesRepeatedHeaders: false },
);
