// What an auth client is built from. Only `baseUrl` must be said: all else has the defaults of a browser, or of Node.

import type { AddressToken } from "./address-token.ts";
import type { RefreshTokenPlace } from "./auth-api.ts";
import type { ClientClock } from "./client-clock.ts";
import type { ClientStorage, WebStorage } from "./client-storage.ts";
import type { PageEvents } from "./page-events.ts";
import type { Locks } from "./page-locks.ts";

export interface AuthClientOptions {
  /** Origin of the API, such as `https://app.example`. The token is sent there and nowhere else. */
  baseUrl: string;
  /** Below which path it is mounted there, such as `/signet`. Default none. */
  basePath?: string;
  /** Other origins that may be given the token, such as a service of yours that verifies it. Default none. */
  bearerOrigins?: readonly string[];
  /**
   * Where the refresh token is. `cookie`: where no script sees it. `body`: in the memory of this page or process alone, for
   * clients without cookies. Default `cookie` in a browser, `body` elsewhere.
   */
  refreshToken?: RefreshTokenPlace;
  /** Default `localStorage` in a browser, memory elsewhere and for `refreshToken: "body"`. */
  storage?: ClientStorage;
  /** Default the global one. */
  fetch?: typeof fetch;
  /** Default the machine's. */
  clock?: ClientClock;
  /** Asks the server at the start whether it accepts the token that was found. Default true. */
  verifyOnLoad?: boolean;
  /** Takes a raw JWT from `?token=`. Default false: one that is there is removed from the address, and not used. */
  acceptTokenFromQuery?: boolean;
  /** Where the browser is sent to sign in with a provider. Default `window.location.assign`. */
  navigate?: (url: string) => void;
  /** What this tab keeps on the way to a provider and back. Default `sessionStorage` in a browser, none elsewhere. */
  tabStorage?: WebStorage;
  /** Default this page's address bar. */
  addressToken?: AddressToken;
  /** Default this page's. */
  pageEvents?: PageEvents;
  /** Default the browser's Web Locks; without them each tab keeps to itself, and everything is still right. */
  locks?: Locks;
  /**
   * While the page is looked at, lets a request rest at the server, so that a session that was ended on another device is gone
   * here within a second and not at the next refresh. One tab does so for the browser. Default: where there are Web Locks.
   */
  watchForEnd?: boolean;
  /** For back-off and for spreading refreshes; from 0 to below 1. Default `Math.random`: nothing secret hangs on it. */
  random?: () => number;
}

/** @throws TypeError for an address that is not an origin. */
export function originOf(text: string, option: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.origin !== text.replace(/\/$/, "")) {
    throw new TypeError(
      `createAuthClient: ${option} must be an origin such as "https://app.example"; found "${text}".`,
    );
  }
  return url.origin;
}
