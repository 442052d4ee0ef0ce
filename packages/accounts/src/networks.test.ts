import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { networksOf } from "./networks.ts";

describe("networks of an address (PWD-07)", () => {
  it.each([
    ["192.0.2.7", "::ffff:192.0.2.7"],
    ["192.0.2.7", "::FFFF:C000:0207"],
    ["192.0.2.7", "0:0:0:0:0:ffff:192.0.2.7"],
    ["2001:db8::1", "2001:0DB8:0000:0000:0000:0000:0000:0001"],
    ["2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff"],
    ["fe80::1", "fe80::1%eth0"],
    ["192.0.2.7", "192.0.2.7:443"],
    ["2001:db8::1", "[2001:db8::1]"],
    ["2001:db8::1", "[2001:db8::1]:443"],
  ])("%s and %s are in one", (one, other) => {
    expect(networksOf(other)).toEqual(networksOf(one));
  });

  it("are of an IPv6 address its /64, and the /48 around it", () => {
    expect(networksOf("2001:db8:1:2:3:4:5:6")).toEqual({ near: "2001:db8:1:2::/64", wide: "2001:db8:1::/48" });
    expect(networksOf("2001:db8:1:3::1")).toEqual({ near: "2001:db8:1:3::/64", wide: "2001:db8:1::/48" });
  });

  it("are of an IPv4 address itself", () => {
    expect(networksOf("192.0.2.7")).toEqual({ near: "192.0.2.7" });
    expect(networksOf("192.0.2.8")).toEqual({ near: "192.0.2.8" });
  });

  it.each([null, "", "unknown", "192.0.2", "0300.0.2.7", "3221225991", "2001:db8::1/64", "::ffff:300.0.2.7"])(
    "of %j, which is no address, there is one for all of those",
    (text) => {
      expect(networksOf(text)).toEqual({ near: "unknown" });
    },
  );

  it("of every address within a /64 are the same", () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((number) => number.toString(16));
    const tail = fc.array(group, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(tail, tail, (one, other) => {
        const at = (groups: string[]) => networksOf(`2001:db8:1:2:${groups.join(":")}`);
        expect(at(one)).toEqual(at(other));
      }),
    );
  });

  it("are something for any text at all", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof networksOf(text).near === "string"));
  });
});
