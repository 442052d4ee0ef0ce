import { expect, test } from "vitest";
import { labelOf } from "./app-settings";

test("a provider has its label, and one that is not configured its name", () => {
  const providers = [{ name: "example", label: "Example ID" }];
  expect(labelOf(providers, "example")).toBe("Example ID");
  expect(labelOf(providers, "former")).toBe("former");
});
