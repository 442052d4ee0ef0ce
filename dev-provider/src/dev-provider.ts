// An OpenID provider on this machine: `oidc-provider` with a sign-in page of its own. For development and for tests; it asks for no
// password, so it must never be reachable from elsewhere, and listens on loopback only.

import type { IncomingMessage, ServerResponse } from "node:http";
import type Provider from "oidc-provider";
import { readForm } from "./form-body.ts";
import { loadLibrary } from "./library.ts";
import { listenOnLoopback } from "./loopback-server.ts";
import { createMemoryAdapter } from "./memory-adapter.ts";
import { createCookieKey, createSettings, subjectOf } from "./provider-settings.ts";
import { messagePage, pageHeaders, signInPage } from "./sign-in-page.ts";
import { createSigningKey, type DevAlgorithm } from "./signing-keys.ts";
import { placeOf, type Tampering, tamperingMiddleware } from "./tampering.ts";

/** Who may ask this provider. */
export interface DevClient {
  clientId: string;
  /** None for a public client. */
  clientSecret?: string;
  redirectUris: readonly string[];
  /** How it says who it is. Default `client_secret_basic`. */
  authentication?: "client_secret_basic" | "client_secret_post";
  /** What the page calls it. Default: its id. */
  name?: string;
}

export interface DevProviderOptions {
  /** Default: one that is free. */
  port?: number;
  clients: readonly DevClient[];
  /** What the page calls the provider. Default "Example ID". */
  title?: string;
  /** Of ID tokens. Default `RS256`. */
  algorithm?: DevAlgorithm;
}

export interface DevProvider {
  /** Its issuer identifier, and where it is. */
  issuer: string;
  /** Signs with a new key from now on, and publishes that one alone. */
  rotateKeys(): Promise<void>;
  /** Changes answers from now on, until it is called again; without changes it is honest. */
  tamper(tampering?: Tampering): void;
  /** Each request that it got since the last call, as `GET /path`. */
  takeRequests(): string[];
  close(): Promise<void>;
}

export async function startDevProvider(options: DevProviderOptions): Promise<DevProvider> {
  const { port = 0, clients, title = "Example ID", algorithm = "RS256" } = options;
  const { default: ProviderClass } = await loadLibrary();
  const names = new Map<string, string>();
  const settings = { title, clients, algorithm, adapter: createMemoryAdapter(), cookieKey: createCookieKey(), names };
  let key = await createSigningKey(algorithm);
  let tampering: Tampering = {};
  let requests: string[] = [];
  let provider: Provider | undefined;

  /** The library takes its keys once: after a rotation another one goes on with what is stored. */
  async function createProvider(issuer: string): Promise<Provider> {
    const made = new ProviderClass(issuer, await createSettings(key, settings));
    made.use(
      tamperingMiddleware(
        () => tampering,
        () => key,
      ),
    );
    // Whoever asked is told; nobody else needs to know.
    made.silent = true;
    return made;
  }

  const server = await listenOnLoopback(port, async (origin) => {
    provider = await createProvider(origin);
    return async (request, response) => {
      const path = new URL(request.url ?? "/", origin).pathname;
      requests.push(`${request.method ?? ""} ${path}`);
      const place = placeOf(path);
      const trouble = place && tampering.instead?.[place];
      if (trouble !== undefined) trouble(request, response);
      else if (provider === undefined) throw new Error("There is no provider yet.");
      else if (path.startsWith("/interaction/")) await interact(provider, { request, response, title, names });
      else await provider.callback()(request, response);
    };
  });

  return {
    issuer: server.origin,
    async rotateKeys() {
      key = await createSigningKey(algorithm);
      provider = await createProvider(server.origin);
    },
    tamper(changes = {}) {
      tampering = changes;
    },
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
    close: server.close,
  };
}

type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>;

/** So that several people can be tried from one browser: the library would want the one before to sign out first. */
async function forgetWhoWasHere(provider: Provider, details: Interaction): Promise<void> {
  if (details.session === undefined) return;
  const before = await provider.Session.findByUid(details.session.uid);
  await before?.destroy();
  delete details.session;
  await details.save(details.exp - Math.floor(Date.now() / 1000));
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  title: string;
  names: Map<string, string>;
}

/** The page, and what somebody answered on it. */
async function interact(provider: Provider, { request, response, title, names }: Exchange): Promise<void> {
  const details = await provider.interactionDetails(request, response).catch(() => undefined);
  if (details === undefined) {
    response.writeHead(400, pageHeaders).end(messagePage(title, "This sign-in is over. Please begin again."));
    return;
  }
  if (request.method !== "POST") {
    const client = await provider.Client.find(String(details.params["client_id"]));
    const page = signInPage({ title, client: client?.clientName ?? "An app", action: request.url ?? "" });
    response.writeHead(200, pageHeaders).end(page);
    return;
  }
  await forgetWhoWasHere(provider, details);
  const form = await readForm(request);
  const name = form.get("name")?.trim() ?? "";
  const subject = subjectOf(name);
  names.set(subject, name);
  const result =
    form.get("action") === "cancel" || name === ""
      ? { error: "access_denied", error_description: "The person cancelled." }
      : { login: { accountId: subject, remember: false } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}
