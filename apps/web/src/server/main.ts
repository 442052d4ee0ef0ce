// Starts the web app: settings, port, database, keys, pages. Ends it cleanly on SIGTERM and Ctrl-C.

import { once } from "node:events";
import type { Server } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Api, createApi, createLogger } from "@signet/api";
import {
  createHttpServer,
  dataDirOf,
  type HttpServer,
  isForPeople,
  openServices,
  settings as readSettings,
  type Services,
  SettingError,
  type Settings,
  sharedServices,
} from "@signet/server";
import next from "next";

const appDir = fileURLToPath(new URL("../..", import.meta.url));
const repositoryDir = join(appDir, "../..");

// Node gives the function itself; the types of this CommonJS package speak of a module around it.
const createPages = next as unknown as typeof next.default;

/** How long requests that are under way may take after a signal to stop. */
const drainMs = 10_000;

const dev = process.argv.includes("--dev");

try {
  await start(readSettings());
} catch (error) {
  fail("Signet did not start.", error);
}

async function start(settings: Settings): Promise<void> {
  const startedAt = performance.now();
  const log = createLogger(settings.LOG_LEVEL);
  const http = createHttpServer({
    trustedProxyHops: settings.TRUSTED_PROXY_HOPS,
    origin: settings.APP_URL,
    webSockets: dev,
    log,
  });
  // First the port, so that nothing has been begun when somebody else has it.
  await listen(http.server, settings);

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
  stopOnSignal(http, api, services, () => pages.close());

  await pages.prepare();
  http.open(api, pages.getRequestHandler());
  welcome(settings, performance.now() - startedAt);
}

async function listen(server: Server, { HOST, PORT }: Settings): Promise<void> {
  server.listen({ host: HOST, port: PORT });
  try {
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") {
      throw new SettingError(
        `Port ${PORT} is in use by another program. Stop it, or choose another port: PORT=${PORT + 1} npm start`,
      );
    }
    if (code === "EACCES")
      throw new SettingError(`Port ${PORT} needs more rights than this user has. Set PORT to 1024 or above.`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw new SettingError(`HOST must be an address of this machine; found "${HOST}".`);
    }
    throw error;
  }
}

/** Finishes what is under way, then closes pages and services; a second signal does not wait. */
function stopOnSignal(http: HttpServer, api: Api, services: Services, closePages: () => Promise<void>): void {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    say(signal === "SIGINT" ? "\nStopping …" : "Stopping …");
    api.releaseWaiting();
    await http.drain(drainMs);
    await closePages();
    await services.close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => void stop(signal).catch((error: unknown) => fail("Signet did not stop cleanly.", error)));
}

function welcome({ APP_URL, HOST, PORT }: Settings, tookMs: number): void {
  const at = `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${PORT}`;
  say(`
Signet is ready after ${(tookMs / 1000).toFixed(1)} s.

  In the browser   ${APP_URL}
  A token          curl -u NAME -X POST ${at}/auth/issue-new-token
  Who am I         curl -H "Authorization: Bearer TOKEN" ${at}/api/protected
  Stop             Ctrl-C
`);
}

/** For the person at the terminal; what programs read is the log. */
function say(message: string): void {
  process.stdout.write(`${message}\n`);
}

/** What a person can mend is one sentence; the rest comes with where it happened. */
function fail(sentence: string, error: unknown): never {
  const text = isForPeople(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`\n${sentence} ${text}\n`);
  process.exit(1);
}
