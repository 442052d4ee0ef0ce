import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseProviders } from "./provider-settings.ts";
import { SettingError } from "./setting-error.ts";
import { definitions, parseSettings } from "./settings.ts";

describe("settings", () => {
  test("need nothing to be set", () => {
    expect(parseSettings({})).toMatchObject({
      PORT: 3000,
      HOST: "127.0.0.1",
      APP_URL: "http://localhost:3000",
      API_URL: "http://localhost:3000",
      AUTH_AUDIENCE: ["http://localhost:3000"],
      AUTH_ALGORITHM: "ES256",
      ACCESS_TOKEN_TTL_SECONDS: 300,
      PASSWORD_MIN_LENGTH: 15,
    });
  });

  test("take an empty value for one that is not set", () => {
    expect(parseSettings({ DATABASE_URL: "", PORT: "" })).toEqual(parseSettings({}));
  });

  test("listen beyond this machine only where the origin is public", () => {
    expect(parseSettings({ APP_URL: "https://signet.example" }).HOST).toBe("::");
    expect(parseSettings({ APP_URL: "http://127.0.0.1:3000" }).HOST).toBe("127.0.0.1");
  });

  test.each([
    ["PORT", "http", 'PORT must be a port number from 1 to 65535; found "http".'],
    ["PORT", "80.5", 'PORT must be a port number from 1 to 65535; found "80.5".'],
    ["PORT", "65536", 'PORT must be a port number from 1 to 65535; found "65536".'],
    [
      "ACCESS_TOKEN_TTL_SECONDS",
      "901",
      'ACCESS_TOKEN_TTL_SECONDS must be a number of seconds from 1 to 900; found "901".',
    ],
    [
      "ACCESS_TOKEN_TTL_SECONDS",
      "1e2",
      'ACCESS_TOKEN_TTL_SECONDS must be a number of seconds from 1 to 900; found "1e2".',
    ],
    ["AUTH_ALGORITHM", "none", 'AUTH_ALGORITHM must be ES256, Ed25519, RS256 or HS256; found "none".'],
    ["MIGRATE_ON_START", "yes", 'MIGRATE_ON_START must be true or false; found "yes".'],
    ["PASSWORD_MIN_LENGTH", "7", 'PASSWORD_MIN_LENGTH must be a number of characters from 8 to 64; found "7".'],
  ])("%s=%s stops the start and says what is expected", (name, value, message) => {
    expect(() => parseSettings({ [name]: value })).toThrow(new SettingError(message));
  });

  test.each([
    "https://signet.example/",
    "signet.example",
    "ftp://signet.example",
    "https://signet.example/app",
    "javascript:0",
  ])("APP_URL=%s is not an origin", (value) => {
    expect(() => parseSettings({ APP_URL: value })).toThrow(/^APP_URL must be an origin/);
  });

  test.each(["APP_URL", "API_URL", "RESOURCE_SERVER_URL"] as const)(
    "refuse a public %s without https, unless told to",
    (name) => {
      const parse = (url: string, more = {}) => parseSettings({ [name]: url, ...more })[name];
      for (const url of [
        "http://signet.example",
        "http://localhost.evil.example",
        "http://192.0.2.1",
        "http://127.0.0.1.example",
        "http://0.0.0.0",
        "http://[::ffff:c000:201]",
      ]) {
        expect(() => parse(url), url).toThrow(new RegExp(`^${name} must be https outside localhost`));
        expect(() => parse(url, { ALLOW_INSECURE_HTTP: "false" }), url).toThrow(SettingError);
        expect(parse(url, { ALLOW_INSECURE_HTTP: "true" })).toBe(url);
      }
      for (const url of ["https://signet.example", "http://localhost:3000", "http://[::1]:3000"]) {
        expect(parse(url)).toBe(url);
      }
    },
  );

  test("name the notes service beside this machine, and none beside a public server unless told to", () => {
    expect(parseSettings({}).RESOURCE_SERVER_URL).toBe("http://localhost:3002");
    // Whatever listens there on a visitor's own machine would be given the visitor's token.
    expect(parseSettings({ APP_URL: "https://signet.example" }).RESOURCE_SERVER_URL).toBeUndefined();
    const named = { APP_URL: "https://signet.example", RESOURCE_SERVER_URL: "https://notes.example" };
    expect(parseSettings(named).RESOURCE_SERVER_URL).toBe("https://notes.example");
    expect(() => parseSettings({ RESOURCE_SERVER_URL: "http://notes.example" })).toThrow(
      /^RESOURCE_SERVER_URL must be https/,
    );
  });

  test("never show what was found for a secret (SRV-10)", () => {
    const found = "mysql://somebody:canary@db";
    expect(() => parseSettings({ DATABASE_URL: found })).toThrow("DATABASE_URL must be");
    expect(() => parseSettings({ DATABASE_URL: found })).not.toThrow(/canary/);
  });

  test("ask for AUTH_SECRET where several replicas share a database (SRV-14)", () => {
    expect(() => parseSettings({ DATABASE_URL: "postgresql://db/signet" })).toThrow(/^AUTH_SECRET is required/);
  });

  describe("RESOURCE_SERVER_CLIENTS", () => {
    const newSecret = () => randomBytes(32).toString("base64");
    const parse = (value: string) => parseSettings({ RESOURCE_SERVER_CLIENTS: value }).RESOURCE_SERVER_CLIENTS;

    test("are pairs of an id and a secret, and none by default", () => {
      const [one, other] = [newSecret(), `${newSecret()}:with=a+colon`];
      expect(parse(`notes:${one}, mail.v2:${other}`)).toEqual([
        { id: "notes", secret: one },
        { id: "mail.v2", secret: other },
      ]);
      expect(parse("")).toEqual([]);
    });

    test.each([
      ["no secret", () => "notes"],
      ["no id", () => `:${newSecret()}`],
      ["a short secret", () => `notes:${newSecret().slice(0, 31)}`],
      ["an id that would have to be encoded", () => `no/tes:${newSecret()}`],
      ["the same id twice", () => `notes:${newSecret()},notes:${newSecret()}`],
      ["nothing after a comma", () => `notes:${newSecret()},`],
      ["a secret with a space", () => `notes:${newSecret()} ${newSecret()}`],
    ])("with %s stop the start, and what was found is not shown (SRV-10)", (_name, make) => {
      const value = make();
      expect(() => parse(value)).toThrow(
        /^RESOURCE_SERVER_CLIENTS must be one or more pairs id:secret, .* not shown here\.$/,
      );
      for (const part of value.split(/[:, ]/).filter((text) => text.length > 8)) {
        expect(() => parse(value)).not.toThrow(part);
      }
    });
  });

  test("say which other setting is missing", () => {
    expect(() => parseSettings({ AUTH_ALGORITHM: "RS256" })).toThrow(/AUTH_KEYS_FILE/);
    expect(() => parseSettings({ AUTH_HS256_SECRET: "x".repeat(32) })).toThrow(/AUTH_ALGORITHM is not HS256/);
  });

  test(".env.example lists each of them and no other", () => {
    const example = readFileSync(new URL("../../../.env.example", import.meta.url), "utf8");
    const listed = [...example.matchAll(/^#([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
    const ofProviders = /^(?:OIDC_EXAMPLE|GITHUB)_(.*)$/;
    const others = listed.filter((name) => !ofProviders.test(name ?? ""));
    expect(others.toSorted()).toEqual(Object.keys(definitions).toSorted());
    const ofBoth = Object.fromEntries(
      listed.filter((name) => !others.includes(name)).map((name) => [name, "https://id.example"]),
    );
    expect(parseProviders({ ...ofBoth, GITHUB_URL: "https://github.example" })).toHaveLength(2);
  });
});
