import { describe, expect, test } from "vitest";
import { isUnavailable } from "../src/storage-errors.ts";

describe("a database that is away", () => {
  test.each(["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENOTFOUND", "EPIPE"])("is what %s means", (code) => {
    expect(isUnavailable(Object.assign(new Error("no"), { code }))).toBe(true);
  });

  test.each(["ERR_INVALID_URL", "ERR_INVALID_ARG_TYPE"])("is not what %s means: that is a mistake of ours", (code) => {
    expect(isUnavailable(Object.assign(new Error("no"), { code }))).toBe(false);
  });
});
