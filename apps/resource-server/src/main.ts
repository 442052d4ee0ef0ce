// Starts the notes service: settings, port, notes, and a verifier that has nothing but the issuer's address. Ends it cleanly on
// SIGTERM and Ctrl-C.

import { once } from "node:events";
import type { Server } from "node:http";
import { isAbsolute, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "@signet/auth/clock";
import { createRemoteVerifier, type RemoteVerifier } from "@signet/auth/remote";
import type { Logger } from "pino";
import { isLoopback, readSettings, SettingError, type Settings } from "./env.ts";
import { openFileNoteStore } from "./file-note-store.ts";
import { createHttpServer, type HttpServer } from "./http-server.ts";
import { createLogger } from "./log.ts";
import { createService, type Service } from "./service.ts";

const repositoryDir = fileURLToPath(new URL("../../..", import.meta.url));
/** After SIGTERM a balancer has so long to see that this one is not ready, before the port closes. */
const noticeMs = 1_000;
/** All in all, requests that are under way may take so long after a signal to stop. */
const drainMs = 10_000;
const hourSeconds = 60 * 60;

try {
  await start(readSettings());
} catch (error) {
  fail("The notes service did not start.", error);
}

async function start(settings: Settings): Promise<void> {
  const log = createLogger(settings.LOG_LEVEL);
  const verifier = createVerifier(settings, log);
  const service = createService({
    verifier,
    store: await openFileNoteStore({ folder: notesFolder(settings), clock: systemClock }),
    allowedOrigins: settings.ALLOWED_ORIGINS,
    requiredScopes: settings.REQUIRED_SCOPE === undefined ? [] : [settings.REQUIRED_SCOPE],
    log,
  });
  const http = createHttpServer(service);
  await listen(http.server, settings);
  stopOnSignal(http, service, verifier);
  verifier.start();
  warnOfOpenWays(settings, log);
  if (settings.CLIENT_ID === undefined) {
    log.warn(
      "Revocations are not followed: CLIENT_ID and CLIENT_SECRET are not set. Tokens are good until they expire.",
    );
  }
  welcome(settings);
}

function createVerifier(settings: Settings, log: Logger): RemoteVerifier {
  const { CLIENT_ID: id, CLIENT_SECRET: secret, JWKS_URL, REVOCATIONS_URL } = settings;
  return createRemoteVerifier({
    issuer: settings.ISSUER_URL,
    audience: settings.AUDIENCE,
    algorithms: settings.ALLOWED_ALGORITHMS,
    ...(id === undefined || secret === undefined ? {} : { client: { id, secret } }),
    ...(JWKS_URL === undefined ? {} : { jwksUrl: JWKS_URL }),
    ...(REVOCATIONS_URL === undefined ? {} : { revocationsUrl: REVOCATIONS_URL }),
    jwksStaleSeconds: settings.JWKS_STALE_HOURS * hourSeconds,
    whenStale: settings.STALE_REVOCATIONS,
    staleAfterSeconds: settings.STALE_REVOCATIONS_AFTER_SECONDS,
    clockToleranceSeconds: settings.CLOCK_TOLERANCE_SECONDS,
    allowInsecureHttp: settings.ALLOW_INSECURE_HTTP,
    onProblem: (part, err) =>
      log.warn({ part, err }, `The issuer's ${part} cannot be had; going on with what is known, and trying again.`),
    onRecovered: (part) => log.info({ part }, `The issuer's ${part} can be had again.`),
  });
}

/** What `ALLOW_INSECURE_HTTP` takes away. */
function warnOfOpenWays(settings: Settings, log: Logger): void {
  for (const setting of ["ISSUER_URL", "JWKS_URL", "REVOCATIONS_URL"] as const) {
    const url = settings[setting];
    if (url === undefined || url.startsWith("https:") || isLoopback(url)) continue;
    log.warn(
      { setting, url },
      "ALLOW_INSECURE_HTTP: the issuer's keys come unencrypted. Whoever is on the way can put in their own, and let in anybody.",
    );
  }
}

function notesFolder({ DATA_DIR }: Settings): string {
  return join(isAbsolute(DATA_DIR) ? DATA_DIR : join(repositoryDir, DATA_DIR), "notes");
}

async function listen(server: Server, { HOST, PORT }: Settings): Promise<void> {
  server.listen({ host: HOST, port: PORT });
  try {
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") {
      throw new SettingError(
        `Port ${PORT} is in use by another program. Stop it, or choose another port: ` +
          `PORT=${PORT + 1} npm run start:resource-server`,
      );
    }
    if (code === "EACCES") {
      throw new SettingError(`Port ${PORT} needs more rights than this user has. Set PORT to 1024 or above.`);
    }
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw new SettingError(`HOST must be an address of this machine; found "${HOST}".`);
    }
    throw error;
  }
}

/** Not ready at once, then finishes what is under way; a second signal does not wait. */
function stopOnSignal(http: HttpServer, service: Service, verifier: RemoteVerifier): void {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    say(signal === "SIGINT" ? "\nStopping …" : "Stopping …");
    service.announceEnd();
    http.announceEnd();
    // Nobody balances what a person stops at a terminal.
    const notice = signal === "SIGTERM" ? noticeMs : 0;
    await wait(notice);
    await http.drain(drainMs - notice);
    await verifier.stop();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => void stop(signal).catch((error: unknown) => fail("It did not stop cleanly.", error)));
  }
}

function welcome({ HOST, PORT, ISSUER_URL, CLIENT_ID }: Settings): void {
  const at = `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${PORT}`;
  say(`
The notes service is at ${at}. It trusts the public keys of ${ISSUER_URL}, and knows nothing else of it.

  In the browser   ${ISSUER_URL}/notes
  A token          curl -u NAME -X POST ${ISSUER_URL}/auth/issue-new-token
  Who am I         curl -H "Authorization: Bearer TOKEN" ${at}/protected
  Is it ready      curl ${at}/readyz
  Revocations      ${CLIENT_ID === undefined ? "not followed: set CLIENT_ID and CLIENT_SECRET here, RESOURCE_SERVER_CLIENTS there" : `followed as ${CLIENT_ID}`}
  Stop             Ctrl-C
`);
}

/** For the person at the terminal; what programs read is the log. */
function say(message: string): void {
  process.stdout.write(`${message}\n`);
}

/** What a person can mend is one sentence; the rest comes with where it happened. */
function fail(sentence: string, error: unknown): never {
  const text =
    error instanceof Error
      ? error instanceof SettingError
        ? error.message
        : (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`\n${sentence} ${text}\n`);
  process.exit(1);
}
