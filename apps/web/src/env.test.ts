import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { definitions, parseSettings, SettingError } from "./env.ts";

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

  test("refuse to serve a public origin without https, unless told to", () => {
    expect(() => parseSettings({ APP_URL: "http://signet.example" })).toThrow(
      /^APP_URL must be https outside localhost/,
    );
    expect(() => parseSettings({ APP_URL: "http://localhost.evil.example" })).toThrow(/^APP_URL must be https/);
    expect(parseSettings({ APP_URL: "http://signet.example", ALLOW_INSECURE_HTTP: "true" }).APP_URL).toBe(
      "http://signet.example",
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

  test("say which other setting is missing", () => {
    expect(() => parseSettings({ AUTH_ALGORITHM: "RS256" })).toThrow(/AUTH_KEYS_FILE/);
    expect(() => parseSettings({ AUTH_HS256_SECRET: "x".repeat(32) })).toThrow(/AUTH_ALGORITHM is not HS256/);
  });

  test(".env.example lists each of them and no other", () => {
    const example = readFileSync(new URL("../../../.env.example", import.meta.url), "utf8");
    const listed = [...example.matchAll(/^#([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual(Object.keys(definitions).toSorted());
  });
});
