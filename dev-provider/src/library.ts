// `oidc-provider`, without what it writes to the console: how to run it in production is of no interest here.

import type * as Library from "oidc-provider";

const isOfLibrary = (message: unknown) =>
  typeof message === "string" && /oidc-provider (?:WARNING|NOTICE):/.test(message);

/** Everybody else's messages still come. The library writes while it is loaded, when a provider is made, and later too. */
function quieten(): void {
  const { console } = globalThis;
  const { warn, info } = console;
  console.warn = (...parts) => void (isOfLibrary(parts[0]) || warn.apply(console, parts));
  console.info = (...parts) => void (isOfLibrary(parts[0]) || info.apply(console, parts));
}

let library: Promise<typeof Library> | undefined;

/** Loads it when it is needed for the first time. */
export function loadLibrary(): Promise<typeof Library> {
  if (library === undefined) {
    quieten();
    library = import("oidc-provider");
  }
  return library;
}
