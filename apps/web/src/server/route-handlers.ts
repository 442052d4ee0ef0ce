// The API on services of its own or, in a process that has them already, on those.

import { type Api, createApi, createLogger } from "@signet/api";
import { dataDirOf, forwardedAddress, openServices, settings, sharedServices } from "@signet/server";

let api: Promise<Api> | undefined;

export async function handle(request: Request): Promise<Response> {
  api ??= open().catch((error: unknown) => {
    api = undefined;
    throw error;
  });
  // There is no socket to look at: the address is known only where the platform's proxies write it.
  const address = forwardedAddress(request.headers.get("x-forwarded-for"), settings().TRUSTED_PROXY_HOPS) ?? null;
  return (await api).handle(request, { address });
}

async function open(): Promise<Api> {
  const log = createLogger(settings().LOG_LEVEL);
  const dataDir = dataDirOf(settings(), process.cwd());
  return createApi(
    await sharedServices(() => openServices(settings(), { log, dataDir, onProgress: (message) => log.info(message) })),
  );
}
