import { beforeEach, describe, expect, it } from "vitest";
import { withoutEchoes } from "./audit-echoes.ts";
import type { AuditEvent, AuditLog } from "./audit-events.ts";

let nowMs: number;
let written: AuditEvent[];
let audit: AuditLog;

beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 29);
  written = [];
  audit = withoutEchoes({ record: (event) => written.push(event) }, () => nowMs);
});

const refused = (address: string): AuditEvent => ({
  kind: "sign_in_failed",
  address,
  detail: { reason: "rate_limited" },
});
const came = (address: string, problem: string): AuditEvent => ({
  kind: "sign_in_failed",
  address,
  detail: { provider: "example", problem },
});

describe("what is refused before anything is tried", () => {
  it("is written down once a minute for each network, with how often it came besides", () => {
    for (let time = 0; time < 40_000; time += 1) audit.record(refused("192.0.2.7"));
    expect(written).toEqual([refused("192.0.2.7")]);
    nowMs += 60_000;
    audit.record(refused("192.0.2.7"));
    expect(written[1]?.detail).toEqual({ reason: "rate_limited", more: 39_999 });
  });

  it("of another network, another person, or for another reason, is another thing", () => {
    audit.record(refused("192.0.2.7"));
    audit.record(refused("192.0.2.8"));
    audit.record({ ...refused("192.0.2.7"), userId: "alice" });
    audit.record(came("192.0.2.7", "expired"));
    audit.record(came("192.0.2.7", "cancelled"));
    expect(written).toHaveLength(5);
    for (const address of ["2001:db8:0:1::1", "2001:db8:0:1::2"]) audit.record(refused(address));
    expect(written).toHaveLength(6);
  });

  it("takes no more memory than there is room for, whoever comes", () => {
    for (let number = 0; number < 30_000; number += 1)
      audit.record(refused(`10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`));
    expect(written).toHaveLength(30_000);
  });

  it("is written down when the clock was set back", () => {
    audit.record(refused("192.0.2.7"));
    nowMs -= 3_600_000;
    audit.record(refused("192.0.2.7"));
    expect(written).toHaveLength(2);
  });
});

describe("what was tried", () => {
  it("is written down each time: it was paid for", () => {
    for (let time = 0; time < 5; time += 1) {
      audit.record({ kind: "sign_in_failed", address: "192.0.2.7", detail: { reason: "credentials_invalid" } });
      audit.record({ kind: "sign_in", userId: "alice", address: "192.0.2.7" });
    }
    expect(written).toHaveLength(10);
  });
});
