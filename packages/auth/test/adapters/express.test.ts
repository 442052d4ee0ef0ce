import express from "express";
import { expect, expectTypeOf, test } from "vitest";
import type { AccessTokenClaims } from "../../src/claims.ts";
import { protect } from "../../src/express.ts";
import { createScene } from "../scene.ts";
import { guaranteesOf, listen, notesScopes, type Verifier } from "./adapter-scene.ts";

function createApp(verifier: Verifier) {
  const app = express();
  // Without it Express writes errors to standard error.
  app.set("env", "test");
  app.get("/any", protect(verifier), (request, response) => {
    expectTypeOf(request.claims).toEqualTypeOf<AccessTokenClaims | undefined>();
    response.json({ sub: request.claims?.sub });
  });
  app.get("/notes", protect(verifier, { scopes: notesScopes }), (request, response) => {
    response.json({ sub: request.claims?.sub });
  });
  return app;
}

guaranteesOf(async (verifier) => listen(createApp(verifier)), { seesRepeatedHeaders: true });

test("without Express, a server of Node.js can use it as well", async () => {
  const { verifier, token } = await createScene();
  const guard = protect(verifier);
  const server = await listen((request, response) => guard(request, response, () => response.end("in")));
  try {
    expect((await fetch(server.url)).status).toBe(401);
    const answer = await fetch(server.url, { headers: { Authorization: `Bearer ${token}` } });
    expect(await answer.text()).toBe("in");
  } finally {
    await server.close();
  }
});
