import { describe, expect, it } from "vitest";
import { entryParams } from "./entry-params";

const read = (params: Record<string, string | string[] | undefined>) => entryParams(Promise.resolve(params));

describe("entryParams", () => {
  it("leads back to where the person was going", async () => {
    expect(await read({ return_to: "/account?tab=1", why: "expired" })).toEqual({
      returnPath: "/account?tab=1",
      wasSent: true,
      why: "expired",
      everywhere: false,
      problem: null,
    });
  });

  it("knows whether all devices were signed out at once", async () => {
    expect(await read({ why: "signed_out", everywhere: "" })).toMatchObject({ why: "signed_out", everywhere: true });
  });

  it("knows why a sign-in with a provider came to nothing", async () => {
    expect(await read({ provider_error: "cancelled" })).toMatchObject({ problem: "cancelled" });
  });

  it.each([
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/sign-in",
    "/sign-up?x=1",
  ])("leads to the account instead of to %j", async (path) => {
    expect(await read({ return_to: path })).toMatchObject({ returnPath: "/account", wasSent: false });
  });

  it("leads to the account when there are two answers", async () => {
    expect(await read({ return_to: ["/a", "/b"] })).toMatchObject({ returnPath: "/account", wasSent: false });
  });
});
