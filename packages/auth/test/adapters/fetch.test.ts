import { expect, expectTypeOf, test } from "vitest";
import type { AccessTokenClaims } from "../../src/claims.ts";
import { protect } from "../../src/fetch.ts";
import { createScene } from "../scene.ts";
import { guaranteesOf, listen, notesScopes, toListener } from "./adapter-scene.ts";

guaranteesOf(
  async (verifier) => {
    const any = protect(verifier, (_, { sub }) => Response.json({ sub }));
    const notes = protect(verifier, (_, { sub }) => Response.json({ sub }), { scopes: notesScopes });
    return listen(toListener((request) => (request.url.endsWith("/notes") ? notes(request) : any(request))));
  },
  // The Fetch API joins the lines; two tokens with a comma are not one bearer token.
  { seesRepeatedHeaders: false },
);

test("further arguments of a framework are passed on, as Next.js has them", async () => {
  const { verifier, token } = await createScene();
  const GET = protect(verifier, (_request, claims, context: { params: { id: string } }) => {
    expectTypeOf(claims).toEqualTypeOf<AccessTokenClaims>();
    return Response.json([claims.sub, context.params.id]);
  });
  const request = new Request("https://notes.example/7", { headers: { Authorization: `Bearer ${token}` } });
  expect(await (await GET(request, { params: { id: "7" } })).json()).toEqual(["user-1", "7"]);
});

test("an error of the handler is its own affair", async () => {
  const { verifier, token } = await createScene();
  const handler = protect(verifier, () => Promise.reject(new Error("mine")));
  const request = new Request("https://notes.example", { headers: { Authorization: `Bearer ${token}` } });
  await expect(handler(request)).rejects.toThrow("mine");
});

test.each([["two words"], ['"'], [""]])("refuses what can be no scope when the route is made: %j", async (scope) => {
  const { verifier } = await createScene();
  expect(() => protect(verifier, () => new Response(), { scopes: [scope] })).toThrow(TypeError);
});
