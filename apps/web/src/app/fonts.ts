// Both faces come with the packages: no page of ours asks another host for anything.

import localFont from "next/font/local";

export const text = localFont({
  src: "../../node_modules/@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2",
  variable: "--font-text",
  weight: "200 900",
  // Where it comes late the page keeps the face it began with: nothing jumps.
  display: "optional",
  adjustFontFallback: "Times New Roman",
});

export const code = localFont({
  src: "../../node_modules/@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
  variable: "--font-code",
  weight: "100 800",
  display: "swap",
  // Seen on one page only.
  preload: false,
});
