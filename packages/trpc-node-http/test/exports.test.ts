import { expect, it } from "vitest";
import * as adapter from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(adapter).toSorted()).toEqual(["createNodeHttpHandler"]);
});
