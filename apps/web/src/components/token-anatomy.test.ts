import { describe, expect, it } from "vitest";
import { takeApart } from "./token-anatomy";

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = [part({ alg: "ES256" }), part({ sub: "somebody" }), Buffer.from("seal").toString("base64url")].join(".");

describe("takeApart", () => {
  it.each([token, `  ${token}\n`, `Bearer ${token}`, `bearer  ${token}`])("reads the three parts of %j", (text) => {
    expect(takeApart(text)).toMatchObject({
      headerEntries: [["alg", "ES256"]],
      payloadEntries: [["sub", "somebody"]],
      signatureBytes: 4,
    });
  });

  it.each([
    "",
    "abc",
    "a.b",
    "a.b.c.d.e",
    `${part([])}.${part({})}.c2Vh`,
    `${part({})}.${part("text")}.c2Vh`,
    `${part({})}.${part({})}.!`,
    `_____w.${part({})}.c2Vh`,
    "a".repeat(20_000),
    "<script>alert(1)</script>",
  ])("says in a sentence why %j is no token", (text) => {
    expect(takeApart(text)).toMatch(/\.$/);
  });

  it("keeps a name such as __proto__ as a name", () => {
    const payload = Buffer.from('{"__proto__":{"polluted":true}}').toString("base64url");
    expect(takeApart(`${part({})}.${payload}.c2Vh`)).toMatchObject({
      payloadEntries: [["__proto__", { polluted: true }]],
    });
    expect({}).not.toHaveProperty("polluted");
  });
});
