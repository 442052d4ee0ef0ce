// What a person would call a device, from what its browser says of itself. A guess for recognising it: nothing is decided by
// it, and nothing of that text is shown, as whoever signs in can write it.

// In this order: many browsers name others too, to be taken for them.
const browsers: [RegExp, string][] = [
  [/\bEdg(?:A|iOS)?\//, "Edge"],
  [/\bOP(?:R|T|iOS)\//, "Opera"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bDdg\/|\bDuckDuckGo\//, "DuckDuckGo"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/; wv\)/, "An app"],
  [/\b(?:Headless)?Chrome\/|\bCriOS\/|\bChromium\//, "Chrome"],
  [/\bVersion\/[\d.]+.* Safari\//, "Safari"],
  [/^curl\//, "curl"],
  [/^(?:node|undici|okhttp|axios|python|Go-http-client|Java|Dart|Deno|Bun)\b/i, "A program"],
];

const systems: [RegExp, string][] = [
  [/\biPhone\b/, "an iPhone"],
  [/\biPad\b/, "an iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "a Chromebook"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "a Mac"],
  [/\bLinux\b/, "Linux"],
  [/\b(?:Free|Open|Net)BSD\b/, "BSD"],
];

/** @param userAgent As the browser sent it at the sign-in. */
export function deviceName(userAgent: string | null): string {
  const text = userAgent ?? "";
  const browser = browsers.find(([pattern]) => pattern.test(text))?.[1];
  const system = systems.find(([pattern]) => pattern.test(text))?.[1];
  if (system === undefined) return browser ?? "An unknown device";
  return `${browser ?? "A browser"} on ${system}`;
}
