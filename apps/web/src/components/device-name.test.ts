import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deviceName } from "./device-name";

const mozilla = "Mozilla/5.0";
const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";

describe("the name of a device", () => {
  it.each([
    [`${mozilla} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`, "Firefox on Linux"],
    [`${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0.0.0 Safari/537.36`, "Chrome on Windows"],
    [`${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0`, "Edge on Windows"],
    [
      `${mozilla} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15`,
      "Safari on a Mac",
    ],
    [
      `${mozilla} (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 Safari/604.1`,
      "Chrome on an iPhone",
    ],
    [
      `${mozilla} (Linux; Android 15) ${webkit} SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36`,
      "Samsung Internet on Android",
    ],
    [
      `${mozilla} (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 EdgiOS/140.0 Safari/604.1`,
      "Edge on an iPhone",
    ],
    [`${mozilla} (X11; Linux x86_64) ${webkit} Chrome/140.0.0.0 Safari/537.36 OPR/124.0`, "Opera on Linux"],
    [`${mozilla} (X11; CrOS x86_64 16000.0.0) ${webkit} Chrome/140.0.0.0 Safari/537.36`, "Chrome on a Chromebook"],
    [`${mozilla} (Linux; Android 15; wv) ${webkit} Version/4.0 Chrome/140.0 Mobile Safari/537.36`, "An app on Android"],
    [`${mozilla} (X11; Linux x86_64) SomethingNew/1.0`, "A browser on Linux"],
    ["curl/8.9.1", "curl"],
    ["node", "A program"],
    ["<script>alert(1)</script>", "An unknown device"],
  ])("of %s", (userAgent, name) => {
    expect(deviceName(userAgent)).toBe(name);
  });

  it("is unknown where the device said nothing", () => {
    expect(deviceName(null)).toBe("An unknown device");
    expect(deviceName("")).toBe("An unknown device");
  });

  it("takes nothing from the text, which whoever signs in can write", () => {
    const marks = fc.string({ unit: fc.constantFrom("¡", "<", ">", "&", "‮", "{", "§", "7") });
    fc.assert(
      fc.property(
        marks,
        fc.constantFrom("Firefox/", " Android", "curl/", "Edg/", ""),
        marks,
        (before, known, after) => {
          expect(deviceName(before + known + after)).toMatch(/^[A-Za-z ]+$/);
        },
      ),
    );
  });
});
