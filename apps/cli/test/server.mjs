// The issuer as a process of its own, for commands to stand beside: its API on PORT, and nothing else.

import { createApi, createLogger } from "@signet/api";
import { createHttpServer, listen, openServices, settings as readSettings, stopOnSignal } from "@signet/server";

const settings = readSettings();
const log = createLogger(settings.LOG_LEVEL);
const http = createHttpServer({ trustedProxyHops: 0, origin: settings.APP_URL, log });
await listen(http.server, settings, "");
const services = await openServices(settings, { log, dataDir: settings.DATA_DIR, onProgress: () => {} });
const api = createApi(services);
stopOnSignal({ http, api, services }, settings);
http.open(api);
