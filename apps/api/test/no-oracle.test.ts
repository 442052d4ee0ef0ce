// Whether somebody has an account here, told neither by an answer nor by how long it takes.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Comparison, compareTimes } from "./compare-times.ts";
import { password, type RunningApi, startApi } from "./running-api.ts";

const long = process.env["SIGNET_LONG_TESTS"] === "1";
const limitMs = 300_000;
const tries = 300;
let dataDir: string;
let api: RunningApi;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  const many = "1000000";
  api = await startApi({ DATA_DIR: dataDir, WORKERS: "1", SIGN_INS_PER_ADDRESS: many, SIGN_UPS_PER_ADDRESS: many });
}, limitMs);

afterAll(async () => {
  await api.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function post(path: string, body: object): Promise<Response> {
  return fetch(api.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

const newName = () => `user-${randomBytes(8).toString("hex")}`;
const signIn = (username: string) => post("/api/trpc/auth.issueToken", { username, password: "a wrong password" });
const refresh = (token: string) => post("/auth/refresh", { refresh_token: token });

async function signUp(): Promise<{ username: string; refreshToken: string }> {
  const username = newName();
  const answer = await post("/api/trpc/auth.signUp", { username, password, refreshToken: "body" });
  return { username, refreshToken: (await answer.json()).result.data.refreshToken };
}

/** Of the right shape, with a MAC that nobody made. */
const bent = (token: string) =>
  Buffer.concat([Buffer.from(token, "base64url").subarray(0, -8), randomBytes(8)]).toString("base64url");

function bentAt(index: number): (token: string) => string {
  return (token) => {
    const bytes = Buffer.from(token, "base64url");
    bytes.writeUInt8(255 - bytes.readUInt8(index), index);
    return bytes.toString("base64url");
  };
}

/** For a session that never was. */
function made(): string {
  const bytes = randomBytes(53);
  bytes[0] = 1;
  return bytes.toString("base64url");
}

/** All that an answer says, but for the moment it was made. */
async function said(answer: Response) {
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => name !== "date"));
  return { status: answer.status, headers, body: await answer.text() };
}

test("an unknown name is answered as a wrong password is: status, headers, body (PWD-05)", async () => {
  const { username } = await signUp();
  expect(await said(await signIn(newName()))).toEqual(await said(await signIn(username)));
});

test("a refresh token of no session is answered as one that is not genuine", async () => {
  const { refreshToken } = await signUp();
  expect(await said(await refresh(made()))).toEqual(await said(await refresh(bent(refreshToken))));
});

/** A difference this unlikely by chance, both ways, is one in a thousand. */
const mostZ = 3.29;

function show(what: string, { median, z }: Comparison): void {
  process.stdout.write(
    `${what}: medians ${median.one.toFixed(3)} and ${median.other.toFixed(3)} ms, z = ${z.toFixed(2)}\n`,
  );
}

test.runIf(long)(
  "nor by time: wrong passwords and unknown names, Mann–Whitney over 300 of each, medians within 5 % (PWD-05)",
  async () => {
    const known: string[] = [];
    for (let number = 0; number < tries; number += 1) known.push((await signUp()).username);
    const times = await compareTimes(
      tries,
      (number) => signIn(known[number] ?? ""),
      () => signIn(newName()),
    );
    show("sign-in, known and unknown", times);
    expect(Math.abs(times.median.one / times.median.other - 1)).toBeLessThan(0.05);
    expect(Math.abs(times.z)).toBeLessThan(mostZ);
  },
  limitMs,
);

test.runIf(long).each([
  ["of a session that is there, and of none", (token: string) => bent(token), made],
  ["whose MAC is wrong from its first byte on, and in its last alone", bentAt(21), bentAt(52)],
])(
  "nor by time: refresh tokens %s, Mann–Whitney over 300 of each",
  async (what, one, other) => {
    const { refreshToken } = await signUp();
    const times = await compareTimes(
      tries,
      () => refresh(one(refreshToken)),
      () => refresh(other(refreshToken)),
    );
    show(`refresh tokens ${what}`, times);
    expect(Math.abs(times.z)).toBeLessThan(mostZ);
  },
  limitMs,
);
