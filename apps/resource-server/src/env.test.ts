import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { definitions, parseSettings, SettingError } from "./env.ts";

describe("settings", () => {
  test("need nothing to be set", () => {
    expect(parseSettings({})).toMatchObject({
      PORT: 3002,
      HOST: "127.0.0.1",
      ISSUER_URL: "http://localhost:3000",
      AUDIENCE: ["http://localhost:3000"],
      ALLOWED_ALGORITHMS: ["ES256"],
      ALLOWED_ORIGINS: ["http://localhost:3000"],
      CLOCK_TOLERANCE_SECONDS: 30,
      STALE_REVOCATIONS: "accept",
      STALE_REVOCATIONS_AFTER_SECONDS: 30,
      JWKS_STALE_HOURS: 24,
      DATA_DIR: ".data",
    });
  });

  test("take an empty value for one that is not set", () => {
    expect(parseSettings({ CLIENT_ID: "", PORT: "" })).toEqual(parseSettings({}));
  });

  test("take the issuer's origin for the pages' where it has a path", () => {
    const settings = parseSettings({ ISSUER_URL: "https://example.com/signet" });
    expect(settings).toMatchObject({
      HOST: "::",
      AUDIENCE: ["https://example.com/signet"],
      ALLOWED_ORIGINS: ["https://example.com"],
    });
  });

  test.each([
    ["PORT", "0", 'PORT must be a port number from 1 to 65535; found "0".'],
    ["PORT", "3e3", 'PORT must be a port number from 1 to 65535; found "3e3".'],
    [
      "ALLOWED_ALGORITHMS",
      "ES256,none",
      'ALLOWED_ALGORITHMS must be one or more of ES256, Ed25519 and RS256, separated by commas; found "ES256,none".',
    ],
    [
      "ALLOWED_ALGORITHMS",
      "HS256",
      'ALLOWED_ALGORITHMS must be one or more of ES256, Ed25519 and RS256, separated by commas; found "HS256".',
    ],
    ["CLOCK_TOLERANCE_SECONDS", "61", 'CLOCK_TOLERANCE_SECONDS must be a number of seconds from 0 to 60; found "61".'],
    ["JWKS_STALE_HOURS", "0", 'JWKS_STALE_HOURS must be a number of hours from 1 to 720; found "0".'],
    ["STALE_REVOCATIONS", "ignore", 'STALE_REVOCATIONS must be accept or reject; found "ignore".'],
    ["REQUIRED_SCOPE", "two words", 'REQUIRED_SCOPE must be one scope, without spaces and quotes; found "two words".'],
    ["LOG_LEVEL", "loud", 'LOG_LEVEL must be trace, debug, info, warn, error, fatal or silent; found "loud".'],
  ])("%s=%s stops the start and says what is expected", (name, value, message) => {
    expect(() => parseSettings({ [name]: value })).toThrow(new SettingError(message));
  });

  test.each([
    "signet.example",
    "ftp://signet.example",
    "https://a:b@signet.example",
    "https://signet.example/?x",
    "javascript:0",
  ])("ISSUER_URL=%s is no issuer's address", (value) => {
    expect(() => parseSettings({ ISSUER_URL: value })).toThrow(/^ISSUER_URL must be the issuer's address/);
  });

  test.each(["*", "null", "https://app.example/", "https://app.example,"])(
    "ALLOWED_ORIGINS=%s names no origins",
    (value) => {
      expect(() => parseSettings({ ALLOWED_ORIGINS: value })).toThrow(/^ALLOWED_ORIGINS must be one or more origins/);
    },
  );

  test("refuse to take keys over a network that anybody can change, unless told to", () => {
    expect(() => parseSettings({ ISSUER_URL: "http://signet.example" })).toThrow(/^ISSUER_URL must be https outside/);
    expect(() => parseSettings({ JWKS_URL: "http://signet.example/jwks" })).toThrow(/^JWKS_URL must be https outside/);
    expect(() => parseSettings({ ISSUER_URL: "http://localhost.evil.example" })).toThrow(/^ISSUER_URL must be https/);
    const settings = parseSettings({ ISSUER_URL: "http://signet.example", ALLOW_INSECURE_HTTP: "true" });
    expect(settings.ISSUER_URL).toBe("http://signet.example");
  });

  test("ask for both halves of the credentials, and for them where a feed is named", () => {
    expect(() => parseSettings({ CLIENT_ID: "notes" })).toThrow(/^CLIENT_ID is set and CLIENT_SECRET is not/);
    expect(() => parseSettings({ CLIENT_SECRET: "canary" })).toThrow(/^CLIENT_SECRET is set and CLIENT_ID is not/);
    expect(() => parseSettings({ REVOCATIONS_URL: "https://signet.example/r" })).toThrow(/^REVOCATIONS_URL needs/);
  });

  test("never show what was found for a secret (SRV-10)", () => {
    expect(() => parseSettings({ CLIENT_SECRET: "canary" })).not.toThrow(/canary/);
  });

  test(".env.example lists each of them and no other", () => {
    const example = readFileSync(new URL("../.env.example", import.meta.url), "utf8");
    const listed = [...example.matchAll(/^#([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual(Object.keys(definitions).toSorted());
  });
});
