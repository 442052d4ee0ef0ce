// The API on services of its own or, in a process that has them already, on those.

import { type Api, createApi, createLogger, refused } from "@signet/api";
import { AuthError } from "@signet/auth/errors";
import {
  cameInTheClear,
  dataDirOf,
  forwardedAddress,
  isHarmlessInTheClear,
  openServices,
  settings,
  sharedServices,
  warnOfOpenWays,
} from "@signet/server";
import { securityHeaders } from "@signet/server/security-headers";

let api: Promise<Api> | undefined;

export async function handle(request: Request): Promise<Response> {
  const { APP_URL: origin, TRUSTED_PROXY_HOPS: trustedProxyHops } = settings();
  const { pathname, search } = new URL(request.url);
  const heard = { method: request.method, url: pathname + search, headers: Object.fromEntries(request.headers) };
  // Next takes http for what a proxy does not say.
  if (cameInTheClear(heard.headers, { origin, trustedProxyHops }) && !isHarmlessInTheClear(heard, pathname))
    return refused(new AuthError("https_required", "Use https."));
  api ??= open().catch((error: unknown) => {
    api = undefined;
    throw error;
  });
  // There is no socket to look at: the address is known only where the platform's proxies write it.
  const address = forwardedAddress(request.headers.get("x-forwarded-for"), trustedProxyHops) ?? null;
  const answer = await (await api).handle(request, { address });
  for (const [name, value] of securityHeaders(origin.startsWith("https:"))) {
    if (!answer.headers.has(name)) answer.headers.set(name, value);
  }
  return answer;
}

async function open(): Promise<Api> {
  const log = createLogger(settings().LOG_LEVEL);
  warnOfOpenWays(settings(), log);
  const dataDir = dataDirOf(settings(), process.cwd());
  return createApi(
    await sharedServices(() => openServices(settings(), { log, dataDir, onProgress: (message) => log.info(message) })),
  );
}
