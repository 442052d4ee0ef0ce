import { describe, expect, test } from "vitest";
import { parseProviders } from "./provider-settings.ts";
import { SettingError } from "./setting-error.ts";

const example = { OIDC_EXAMPLE_ISSUER: "https://id.example", OIDC_EXAMPLE_CLIENT_ID: "signet" };
const github = { GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "secret" };

describe("providers", () => {
  test("are none where nothing is set, or set to nothing", () => {
    expect(parseProviders({})).toEqual([]);
    expect(parseProviders({ OIDC_EXAMPLE_ISSUER: "", OIDC_EXAMPLE_LABEL: "", GITHUB_CLIENT_ID: "" })).toEqual([]);
  });

  test("are as many as there are names, in their order, GitHub last", () => {
    const found = parseProviders({
      ...github,
      ...example,
      OIDC_EXAMPLE_CLIENT_SECRET: "secret",
      OIDC_ACME_CORP_2_ISSUER: "https://login.acme.example/tenant/",
      OIDC_ACME_CORP_2_CLIENT_ID: "acme",
      OIDC_ACME_CORP_2_LABEL: "ACME & Søns",
      PATH: "/usr/bin",
    });
    expect(found).toEqual([
      {
        kind: "oidc",
        name: "acme_corp_2",
        label: "ACME & Søns",
        issuer: "https://login.acme.example/tenant/",
        clientId: "acme",
        clientSecret: undefined,
      },
      {
        kind: "oidc",
        name: "example",
        label: "Example",
        issuer: "https://id.example",
        clientId: "signet",
        clientSecret: "secret",
      },
      {
        kind: "github",
        name: "github",
        label: "GitHub",
        issuer: "https://github.com",
        clientId: "id",
        clientSecret: "secret",
      },
    ]);
  });

  test("may be on this machine without https, to develop against", () => {
    const [found] = parseProviders({ ...example, OIDC_EXAMPLE_ISSUER: "http://localhost:3003" });
    expect(found).toMatchObject({ issuer: "http://localhost:3003" });
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ OIDC_EXAMPLE_ISSUER: "https://id.example" }, /^OIDC_EXAMPLE_CLIENT_ID is not set, /],
    [{ OIDC_EXAMPLE_LABEL: "Example" }, /^OIDC_EXAMPLE_ISSUER is not set, /],
    [{ ...example, OIDC_EXAMPLE_ISUER: "https://id.example" }, /^OIDC_EXAMPLE_ISUER is none of /],
    [{ ...example, OIDC_example_LABEL: "x" }, /^OIDC_example_LABEL is none of /],
    [{ ...example, OIDC_EXAMPLE_ISSUER: "http://id.example" }, /^OIDC_EXAMPLE_ISSUER must be an https address /],
    [{ ...example, OIDC_EXAMPLE_ISSUER: "id.example" }, /^OIDC_EXAMPLE_ISSUER must be /],
    [{ ...example, OIDC_EXAMPLE_ISSUER: "https://id.example/?tenant=1" }, /^OIDC_EXAMPLE_ISSUER must be /],
    [{ ...example, OIDC_EXAMPLE_ISSUER: "https://id.example#" }, /^OIDC_EXAMPLE_ISSUER must be /],
    [{ ...example, OIDC_EXAMPLE_LABEL: "x".repeat(41) }, /^OIDC_EXAMPLE_LABEL must be a name of at most 40 /],
    [{ ...example, OIDC_EXAMPLE_LABEL: "a\nb" }, /^OIDC_EXAMPLE_LABEL must be /],
    [{ ...example, OIDC_TWO_ISSUER: "https://id.example", OIDC_TWO_CLIENT_ID: "x" }, /^Two providers have the issuer /],
    [{ OIDC_GITHUB_ISSUER: "https://github.com", OIDC_GITHUB_CLIENT_ID: "x" }, /^GitHub speaks no OpenID/],
    [{ GITHUB_CLIENT_ID: "x" }, /^GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET belong together/],
    [{ [`OIDC_${"X".repeat(41)}_ISSUER`]: "https://id.example" }, /^OIDC_X+_ISSUER is none of /],
    [{ ...github, GITHUB_URL: "https://github.example/" }, /^GITHUB_URL must be an origin /],
    [{ ...github, GITHUB_URL: "http://github.example" }, /^GITHUB_URL must be an https address /],
  ])("%j stop the start with one sentence", (settings, message) => {
    expect(() => parseProviders(settings)).toThrow(SettingError);
    expect(() => parseProviders(settings)).toThrow(message);
  });

  test("show no secret in it", () => {
    const settings = { GITHUB_CLIENT_SECRET: "canary", OIDC_EXAMPLE_CLIENT_SECRET: "canary" };
    expect(() => parseProviders(settings)).toThrow(/^(?!.*canary)/s);
  });
});
