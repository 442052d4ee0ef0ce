// Every kind of `Authorization` header, byte by byte over HTTP, to a plain endpoint and to a procedure: the status and the challenge of
// the contract (HTTP-01, HTTP-02, HTTP-03, HTTP-04, HTTP-05, HTTP-07, HTTP-08, HTTP-10).

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { raw, signUp } from "./requests.ts";
import { type RunningApi, startApi } from "./running-api.ts";

const startLimitMs = 60_000;
let dataDir: string;
let api: RunningApi;
let token: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  api = await startApi({ DATA_DIR: dataDir, WORKERS: "1" });
  ({ accessToken: token } = await signUp(api.url));
}, startLimitMs);

afterAll(async () => {
  await api.stop();
  await rm(dataDir, { recursive: true, force: true });
}, startLimitMs);

const bare = 'Bearer realm="signet"';
const challenge = (reason: string) => `${bare}, error="invalid_token", error_description="${reason}"`;
const malformed = [401, "token_malformed", challenge("token_malformed")] as const;
const missing = [401, "token_missing", bare] as const;
/** A repeated header is a fault of the request, and of none of its credentials. */
const twice = [400, "token_malformed", challenge("token_malformed")] as const;
/** Refused before anybody has read it. */
const byNode = [431, undefined, undefined] as const;
const good = [200, undefined, undefined] as const;

/** `{token}` stands for one that is good. */
const table: [name: string, lines: string, expected: readonly [number, string | undefined, string | undefined]][] = [
  ["a token", "Authorization: Bearer {token}", good],
  ["the header's name in capitals", "AUTHORIZATION: Bearer {token}", good],
  ["the scheme in small letters", "Authorization: bearer {token}", good],
  ["the scheme in capitals", "Authorization: BEARER {token}", good],
  ["the scheme in both", "Authorization: bEaReR {token}", good],
  ["several spaces between", "Authorization: Bearer    {token}", good],
  ["white space around the value, which is no part of it", "Authorization: \t Bearer {token} \t", good],
  ["no header", "X-None: 1", missing],
  ["an empty header", "Authorization:", missing],
  ["another scheme", "Authorization: Basic dTpw", missing],
  ["a scheme that begins like ours", "Authorization: Bearers {token}", missing],
  ["DPoP with a good token", "Authorization: DPoP {token}", missing],
  ["a token without a scheme", "Authorization: {token}", missing],
  ["the token in another header", "X-Access-Token: {token}", missing],
  ["the token for a proxy", "Proxy-Authorization: Bearer {token}", missing],
  ["the token in a cookie", "Cookie: access_token={token}; Authorization=Bearer {token}", missing],
  ["the scheme alone", "Authorization: Bearer", malformed],
  ["a tab between", "Authorization: Bearer\t{token}", malformed],
  ["a space and a tab between", "Authorization: Bearer \t{token}", malformed],
  ["a comma between", "Authorization: Bearer,{token}", malformed],
  ["an equals sign between", "Authorization: Bearer={token}", malformed],
  ["a space of another alphabet between", "Authorization: Bearer\u00a0{token}", malformed],
  ["quotes around the token", 'Authorization: Bearer "{token}"', malformed],
  ["two tokens with a comma", "Authorization: Bearer {token}, Bearer {token}", malformed],
  ["two tokens with a space", "Authorization: Bearer {token} {token}", malformed],
  ["a letter outside ASCII", "Authorization: Bearer {token}\u00e9", malformed],
  ["bytes that are no UTF-8", "Authorization: Bearer \u00ff\u00fe\u0080", malformed],
  ["junk", "Authorization: Bearer )(*&^%$#@!", malformed],
  ["markup", 'Authorization: Bearer "><script>alert(1)</script>', malformed],
  ["padding behind the token", "Authorization: Bearer {token}=", malformed],
  ["no token but text", "Authorization: Bearer abc", malformed],
  ["a token of 12 KiB", `Authorization: Bearer ${"A".repeat(12 * 1024)}`, malformed],
  ["12 KiB of spaces", `Authorization: Bearer${" ".repeat(12 * 1024)}x`, malformed],
  ["a header of 16 KiB", `Authorization: Bearer ${"A".repeat(16 * 1024)}`, byNode],
  ["two lines with the same token", "Authorization: Bearer {token}\r\nAuthorization: Bearer {token}", twice],
  ["two lines, the good one first", "Authorization: Bearer {token}\r\nauthorization: Bearer x", twice],
  ["two lines, the good one last", "Authorization: Basic dTpw\r\nAUTHORIZATION: Bearer {token}", twice],
  ["two lines, one of them empty", "Authorization: Bearer {token}\r\nAuthorization:", twice],
];

describe.each(["/api/protected", "/api/trpc/auth.whoami"])("GET %s", (path) => {
  test.each(table)("%s", async (_name, lines, [status, reason, wwwAuthenticate]) => {
    const filled = lines.replaceAll("{token}", token);
    const answer = await raw(
      api.port,
      Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${filled}\r\n\r\n`, "latin1"),
    );
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    expect(head.split("\r\n")[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(/^www-authenticate: (.*)$/im.exec(head)?.[1]).toBe(wwwAuthenticate);
    expect(/"reason":"(\w+)"/.exec(body)?.[1]).toBe(reason);
    expect(/"claims"|"subject"/.test(body)).toBe(status === 200);
    expect(body).not.toMatch(/script|\bat .*:\d/);
  });
});
