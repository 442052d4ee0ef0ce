import { describe, expect, it } from "vitest";
import { createAddressToken } from "./address-token.ts";

function page(href: string) {
  const items = new Map<string, string>();
  const window = {
    location: { href },
    history: {
      state: { kept: true },
      replaceState(_state: unknown, _title: string, url?: string | URL | null) {
        window.location.href = String(url);
        replaced.push(_state);
      },
    },
    sessionStorage: {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      removeItem: (key: string) => void items.delete(key),
    },
  };
  const replaced: unknown[] = [];
  return { window, replaced };
}

describe("a token in the address (WEB-01)", () => {
  it("is gone from the address as soon as it is captured, and is given once", () => {
    const { window, replaced } = page("https://app.example/account?a=1&token=a.b.c&b=2#part");
    const address = createAddressToken(window);
    address.capture();
    expect(window.location.href).toBe("https://app.example/account?a=1&b=2#part");
    expect(replaced).toEqual([{ kept: true }]);
    expect(address.take()).toBe("a.b.c");
    expect(address.take()).toBeNull();
  });

  it("leaves an address without one as it is", () => {
    const { window, replaced } = page("https://app.example/?tokens=%61");
    createAddressToken(window).capture();
    expect(window.location.href).toBe("https://app.example/?tokens=%61");
    expect(replaced).toHaveLength(0);
  });

  it.each(["?token=a.b.c&token=d.e.f", "?token=a.b.c&%74oken=d.e.f"])("is ignored when there are two: %s", (query) => {
    const { window } = page(`https://app.example/${query}`);
    const address = createAddressToken(window);
    expect(address.take()).toBeNull();
    expect(window.location.href).toBe("https://app.example/");
  });

  it("counts as asked for once, within ten minutes, and never without asking", () => {
    let now = 1_000_000;
    const address = createAddressToken(page("https://app.example/").window, () => now);
    expect(address.takeExpectation()).toBe(false);
    address.expect();
    now += 10 * 60_000;
    expect(address.takeExpectation()).toBe(true);
    expect(address.takeExpectation()).toBe(false);
    address.expect();
    now += 10 * 60_000 + 1;
    expect(address.takeExpectation()).toBe(false);
  });

  it("counts as unasked where the storage is forbidden", () => {
    const forbidden = () => {
      throw new DOMException("no", "SecurityError");
    };
    const { window } = page("https://app.example/");
    const address = createAddressToken({
      ...window,
      sessionStorage: { getItem: forbidden, setItem: forbidden, removeItem: forbidden },
    });
    address.expect();
    expect(address.takeExpectation()).toBe(false);
  });
});
