// What one process of the API is made of, whether it is alone or one of several.

import { fileURLToPath } from "node:url";
import { createApi, createLogger } from "@signet/api";
import {
  createHttpServer,
  dataDirOf,
  type HttpServer,
  listen,
  openServices,
  type Running,
  type Settings,
  say,
  surviveStrayRejections,
} from "@signet/server";

const repositoryDir = fileURLToPath(new URL("../../..", import.meta.url));

export const dataDir = (settings: Settings): string => dataDirOf(settings, repositoryDir);

/** Until `serve` it says that it is starting. */
export function createListener(settings: Settings): HttpServer {
  const log = createLogger(settings.LOG_LEVEL);
  surviveStrayRejections(log);
  return createHttpServer({ trustedProxyHops: settings.TRUSTED_PROXY_HOPS, origin: settings.APP_URL, log });
}

export function takePort(http: HttpServer, settings: Settings): Promise<void> {
  return listen(http.server, settings, "npm run start:api");
}

/** Opens storage, keys and accounts, and lets them answer. */
export async function serve(http: HttpServer, settings: Settings): Promise<Running> {
  const log = createLogger(settings.LOG_LEVEL);
  const services = await openServices(settings, { log, dataDir: dataDir(settings), onProgress: say });
  const api = createApi(services);
  http.open(api);
  return { http, api, services };
}
