// GET /metrics: numbers for Prometheus, and who may see them.

import { beforeEach, describe, expect, test } from "vitest";
import { basicOf, createTestApi, issuer, password, type TestApi } from "./test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
});

const scrape = (
  init: RequestInit = {},
  peer: { address: string | null; local?: boolean } = { address: "127.0.0.1", local: true },
) => api.api.handle(new Request(`${issuer}/metrics`, init), peer);
const lines = async () => (await (await scrape()).text()).split("\n").filter((line) => !line.startsWith("#"));
const valueOf = async (series: string) => {
  const line = (await lines()).find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

describe("GET /metrics", () => {
  test("is for whoever asks from this machine, or has a client's credentials", async () => {
    const answer = await scrape();
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect((await scrape({ headers: basicOf(api.client) }, { address: "192.0.2.1" })).status).toBe(200);
  });

  test.each([
    ["an address elsewhere", { address: "192.0.2.1", local: false }],
    ["a loopback address that somebody else has vouched for", { address: "127.0.0.1" }],
    ["nobody knows where", { address: null }],
  ])("is an address like any that does not exist for %s", async (_name, peer) => {
    const answer = await scrape({}, peer);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe(await (await api.fetch("/auth/nothing")).text());
    expect((await scrape({ headers: basicOf({ ...api.client, secret: "wrong" }) }, peer)).status).toBe(401);
  });

  test("counts sign-ins and refreshes by result, endings by what ended them, refusals by reason", async () => {
    const answer = await api.mutate("auth.signUp", { username: "ada", password, refreshToken: "body" });
    const { accessToken, refreshToken } = (await answer.json()).result.data;
    await api.mutate("auth.issueToken", { username: "ada", password: "not the password" });
    await api.mutate("auth.refresh", { refreshToken });
    await api.query("auth.whoami,auth.whoami?batch=1", api.bearer("junk"));
    await api.fetch("/api/protected");
    await api.form("/auth/introspect", { token: "x" }, {});
    await api.mutate("auth.signOutEverywhere", undefined, api.bearer(accessToken));
    expect(await valueOf('signet_session_events_total{event="sign_up",result="ok"}')).toBe(1);
    expect(await valueOf('signet_session_events_total{event="sign_in",result="credentials_invalid"}')).toBe(1);
    expect(await valueOf('signet_session_events_total{event="refresh",result="ok"}')).toBe(1);
    expect(await valueOf('signet_sessions_ended_total{event="end_all"}')).toBe(1);
    expect(await valueOf('signet_refusals_total{reason="token_malformed"}')).toBe(2);
    expect(await valueOf('signet_refusals_total{reason="token_missing"}')).toBe(1);
    expect(await valueOf('signet_refusals_total{reason="credentials_invalid"}')).toBe(1);
    expect(await valueOf("signet_client_failures_total")).toBe(1);
  });

  test("counts how many tokens were verified before, and how many had to be", async () => {
    expect(await valueOf('signet_verified_token_lookups_total{result="hit"}')).toBe(0);
    const { accessToken } = await api.signUp();
    for (let call = 0; call < 4; call += 1) await api.query("auth.whoami", api.bearer(accessToken));
    await api.query("auth.whoami", api.bearer("junk"));
    expect(await valueOf('signet_verified_token_lookups_total{result="hit"}')).toBe(3);
    expect(await valueOf('signet_verified_token_lookups_total{result="miss"}')).toBe(2);
  });

  test("counts a theft, from zero", async () => {
    expect(await valueOf('signet_refresh_token_incidents_total{kind="reuse"}')).toBe(0);
    api.metrics.countIncident({ kind: "reuse" });
    expect(await valueOf('signet_refresh_token_incidents_total{kind="reuse"}')).toBe(1);
  });

  test("says how old and how large the view of revocations is (RS-08)", async () => {
    const { accessToken } = await api.signUp();
    await api.mutate("auth.signOut", undefined, api.bearer(accessToken));
    await api.revocations.poll();
    api.clock.advance(42_000);
    expect(await valueOf("signet_revocations_entries")).toBe(1);
    expect(await valueOf("signet_revocations_age_seconds")).toBeCloseTo(42, 0);
  });

  test("shows the database's connections, the ages of keys, and the process, where they are known", async () => {
    let keys = [{ kid: "one", state: "active", ageSeconds: 10 }];
    api = await createTestApi({ connections: () => ({ open: 3, idle: 2, waiting: 0 }), keyAges: () => keys });
    expect(await valueOf('signet_database_connections{state="open"}')).toBe(3);
    expect(await valueOf('signet_key_age_seconds{kid="one",state="active"}')).toBe(10);
    // A key that has gone leaves no series behind.
    keys = [{ kid: "two", state: "active", ageSeconds: 1 }];
    expect(await valueOf('signet_key_age_seconds{kid="one",state="active"}')).toBeUndefined();
    expect(await valueOf("process_resident_memory_bytes")).toBeGreaterThan(0);
  });

  test("has no label that a caller could write (SRV-08)", async () => {
    const canary = "canary-7f3a9";
    await api.mutate("auth.issueToken", { username: canary, password: canary });
    await api.mutate(`auth.${canary}`, {});
    await api.fetch(`/auth/${canary}?${canary}`, { method: "DELETE", headers: { "user-agent": canary } });
    await api.form("/auth/introspect", { token: canary }, basicOf({ id: canary, secret: canary }));
    await api.query("auth.whoami", api.bearer(canary));
    expect((await lines()).join("\n")).not.toContain(canary);
  });

  test("two APIs in one process do not count each other's", async () => {
    const other = await createTestApi();
    await other.mutate("auth.issueToken", { username: "nobody", password });
    expect(await valueOf('signet_session_events_total{event="sign_in",result="credentials_invalid"}')).toBeUndefined();
  });
});
