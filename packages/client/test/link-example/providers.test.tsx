// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { render } from "../render.tsx";
import { Providers } from "./providers.tsx";

it("the providers of the page show what is in them", async () => {
  const page = await render(
    <Providers>
      <p>Notes</p>
    </Providers>,
  );
  expect(page.text()).toBe("Notes");
});

it("they are what the page shows", () => {
  const read = (path: string) => readFileSync(`${import.meta.dirname}/${path}`, "utf8");
  expect(read("../../../../docs/trpc-link.md")).toContain(read("providers.tsx"));
});
