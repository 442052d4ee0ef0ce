// What a sign-in elsewhere handed over in the query string: a token, or a code. The address is cleaned before anything else
// runs, so that neither history, nor a link, nor a report of an error ever holds it; what becomes of it is decided later.

const parameter = "token";

/** This tab asked for a token: not longer ago than a person needs to sign in somewhere. */
const askedKey = "signet.token_asked_at";
const askedForMs = 10 * 60_000;

export interface AddressToken {
  /** Cleans the address and remembers what was there. Harmless to repeat. */
  capture(): void;
  /** The token or code, once; null where there was none, or more than one. */
  take(): string | null;
  /** Notes that this tab is about to send the person to where a token will come from. */
  expect(): void;
  /** Whether this tab asked for a token; the question can be answered once. */
  takeExpectation(): boolean;
}

/** The parts of a window that are used. */
export interface AddressWindow {
  location: Pick<Location, "href">;
  history: Pick<History, "state" | "replaceState">;
  sessionStorage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

/** @param now Milliseconds since the Unix epoch; only differences of this device's own readings are used. */
export function createAddressToken(page: AddressWindow, now: () => number = Date.now): AddressToken {
  let captured: string | null = null;

  function capture(): void {
    const url = new URL(page.location.href);
    const found = url.searchParams.getAll(parameter);
    if (found.length === 0) return;
    url.searchParams.delete(parameter);
    page.history.replaceState(page.history.state, "", url);
    // Of two tokens nobody knows which one was meant.
    captured = found.length === 1 ? (found[0] ?? null) : null;
  }

  return {
    capture,
    take() {
      capture();
      const token = captured;
      captured = null;
      return token;
    },
    expect() {
      attempt(() => page.sessionStorage.setItem(askedKey, String(now())));
    },
    takeExpectation() {
      const askedAt = attempt(() => page.sessionStorage.getItem(askedKey));
      attempt(() => page.sessionStorage.removeItem(askedKey));
      if (typeof askedAt !== "string" || !/^\d+$/.test(askedAt)) return false;
      const agoMs = now() - Number(askedAt);
      return agoMs >= 0 && agoMs <= askedForMs;
    },
  };
}

let ofThisPage: AddressToken | undefined;

/** The one of this page, or undefined outside a browser. */
export function addressTokenOfThisPage(): AddressToken | undefined {
  if (typeof window === "undefined") return undefined;
  ofThisPage ??= createAddressToken(window);
  return ofThisPage;
}

/**
 * Takes a token out of the address as early as a page can, for pages whose framework reads the address before the first
 * component runs (in Next.js: `instrumentation-client.ts`). `createAuthClient` does the same, and finds what was taken.
 */
export function captureTokenFromAddress(): void {
  addressTokenOfThisPage()?.capture();
}

/** Storage may be forbidden; then nothing was asked for. */
function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
