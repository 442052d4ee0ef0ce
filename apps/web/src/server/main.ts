// Starts the web app: settings, port, database, keys, pages. Ends it cleanly on SIGTERM and Ctrl-C.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createApi, createLogger } from "@signet/api";
import {
  createHttpServer,
  dataDirOf,
  fail,
  listen,
  localAddress,
  openServices,
  settings as readSettings,
  type Settings,
  say,
  sharedServices,
  stopOnSignal,
  surviveStrayRejections,
  warnOfOpenWays,
} from "@signet/server";
import next from "next";

const appDir = fileURLToPath(new URL("../..", import.meta.url));
const repositoryDir = join(appDir, "../..");

// Node gives the function itself; the types of this CommonJS package speak of a module around it.
const createPages = next as unknown as typeof next.default;

const dev = process.argv.includes("--dev");

try {
  await start(readSettings());
} catch (error) {
  fail("Signet did not start.", error);
}

async function start(settings: Settings): Promise<void> {
  const startedAt = performance.now();
  const log = createLogger(settings.LOG_LEVEL);
  warnOfOpenWays(settings, log);
  surviveStrayRejections(log);
  const http = createHttpServer({
    trustedProxyHops: settings.TRUSTED_PROXY_HOPS,
    origin: settings.APP_URL,
    webSockets: dev,
    log,
  });
  // First the port, so that nothing has been begun when somebody else has it.
  await listen(http.server, settings, "npm start");

  const dataDir = dataDirOf(settings, repositoryDir);
  const services = await sharedServices(() => openServices(settings, { log, dataDir, onProgress: say }));
  const pages = createPages({
    dev,
    dir: appDir,
    hostname: settings.HOST,
    port: settings.PORT,
    httpServer: http.server,
    quiet: !dev,
  });
  const api = createApi(services);
  stopOnSignal({ http, api, services, closePages: () => pages.close() }, settings);

  await pages.prepare();
  http.open(api, pages.getRequestHandler());
  welcome(settings, performance.now() - startedAt);
}

function welcome(settings: Settings, tookMs: number): void {
  const at = localAddress(settings);
  say(`
Signet is ready after ${(tookMs / 1000).toFixed(1)} s.

  In the browser   ${settings.APP_URL}
  A token          curl -u NAME -X POST ${at}/auth/issue-new-token
  Who am I         curl -H "Authorization: Bearer TOKEN" ${at}/api/protected
  Stop             Ctrl-C
`);
}
