// Where a sign-in leads is a matter of the address, which anybody can write: it never leads out of our origin.

import { expect, servers, signIn, test } from "../fixtures.ts";

const our = servers.main.url;

/** As they stand in the address, after `return_to=`. The parser has longer lists; here is one of each kind, in a real browser. */
const ways = String.raw`
  //evil.example ////evil.example/.. /\evil.example \\evil.example /%09/evil.example /%0d%0a/evil.example %09//evil.example
  %2f%2fevil.example %2f%5cevil.example /%2fevil.example /..//evil.example /%2e%2e//evil.example https:evil.example
  HtTpS://evil.example https://localhost:3901@evil.example javascript:alert(1) java%09script:alert(1) %01javascript:alert(1)
  data:text/html,<script>alert(1)</script> /account&return_to=//evil.example /%00//evil.example
  /sign-in?return_to=//evil.example ／／evil.example
`
  .trim()
  .split(/\s+/);
const encodedTwice = ways.filter((way) => way.includes("%")).map((way) => way.replaceAll("%", "%25"));

test("a sign-in leads to a page of ours, whatever the address asks for, also encoded twice (OAU-09)", async ({
  page,
  person,
}) => {
  await page.goto("/sign-in");
  await signIn(page, person);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
  page.on("dialog", (dialog) => {
    throw new Error(`A script ran: ${dialog.message()}`);
  });
  const left: string[] = [];
  page.on("framenavigated", (frame) => {
    if (new URL(frame.url()).origin !== our) left.push(frame.url());
  });
  // Who is signed in already is led on at once, by the same way as after the form.
  for (const way of [...ways, ...encodedTwice]) {
    await page.goto(`/sign-in?return_to=${way}`);
    await page.waitForURL((url) => url.pathname !== "/sign-in");
    expect(new URL(page.url()).origin, way).toBe(our);
  }
  expect(left).toEqual([]);
});

test("a path of ours is where it leads, with its question and its place (OAU-09)", async ({ page, person }) => {
  for (const path of ["/notes", "/account?view=token#claims", "/?a=//evil.example"]) {
    await page.goto(`/sign-in?return_to=${encodeURIComponent(path)}`);
    if (path === "/notes") await signIn(page, person);
    await page.waitForURL(our + path);
  }
});
