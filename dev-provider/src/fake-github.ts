// As much of GitHub as signing in with it takes, in the shapes of its documentation: errors of the token endpoint come with 200, and who
// somebody is says the API. At the addresses of an Enterprise Server, as there is one origin only.

import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { readForm } from "./form-body.ts";
import { type Handler, listenOnLoopback } from "./loopback-server.ts";
import { messagePage, pageHeaders, signInPage } from "./sign-in-page.ts";
import type { Trouble } from "./troubles.ts";

export interface FakeGithubOptions {
  /** Default: one that is free. */
  port?: number;
  clientId: string;
  clientSecret: string;
  redirectUri: string;
}

export interface FakeGithub {
  /** For the `url` of a client. */
  url: string;
  /** The number of the account with this login name. */
  idOf(login: string): number;
  /** Replaces answers from now on: of the token endpoint, of the user endpoint. */
  replace(answers: { token?: Trouble; user?: Trouble }): void;
  close(): Promise<void>;
}

interface PendingCode {
  login: string;
  challenge: string | null;
}

const authorizePath = "/login/oauth/authorize";
const tokenPath = "/login/oauth/access_token";
const userPath = "/api/v3/user";
const title = "Example Code Host";

export async function startFakeGithub(options: FakeGithubOptions): Promise<FakeGithub> {
  const { port = 0, clientId, clientSecret, redirectUri } = options;
  const codes = new Map<string, PendingCode>();
  const tokens = new Map<string, string>();
  let replaced: { token?: Trouble; user?: Trouble } = {};

  const authorize: Handler = async (request, response) => {
    const { searchParams: query } = new URL(request.url ?? "", redirectUri);
    if (query.get("client_id") !== clientId || query.get("redirect_uri") !== redirectUri) {
      response.writeHead(404, pageHeaders).end(messagePage(title, "There is no such app here."));
      return;
    }
    if (request.method !== "POST") {
      response.writeHead(200, pageHeaders).end(signInPage({ title, client: clientId, action: request.url ?? "" }));
      return;
    }
    const form = await readForm(request);
    const login = form.get("name")?.trim() ?? "";
    const back = new URL(redirectUri);
    if (form.get("action") === "cancel" || login === "") {
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("error_description", "The user has denied your application access.");
    } else {
      const code = randomBytes(10).toString("hex");
      codes.set(code, { login, challenge: query.get("code_challenge") });
      back.searchParams.set("code", code);
    }
    back.searchParams.set("state", query.get("state") ?? "");
    response.writeHead(302, { Location: back.href }).end();
  };

  const exchange: Handler = async (request, response) => {
    const form = await readForm(request);
    const pending = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    if (form.get("client_id") !== clientId || form.get("client_secret") !== clientSecret) {
      sendJson(response, 200, { error: "incorrect_client_credentials", error_description: "They are not correct." });
    } else if (pending === undefined || pending.challenge !== challengeOf(form.get("code_verifier"))) {
      sendJson(response, 200, { error: "bad_verification_code", error_description: "It is incorrect or expired." });
    } else {
      const token = `gho_${randomBytes(18).toString("hex")}`;
      tokens.set(token, pending.login);
      sendJson(response, 200, { access_token: token, token_type: "bearer", scope: "" });
    }
  };

  const user: Handler = async (request, response) => {
    const login = tokens.get(request.headers.authorization?.replace(/^Bearer /, "") ?? "");
    if (request.headers["user-agent"] === undefined) sendJson(response, 403, { message: "A user agent is needed." });
    else if (login === undefined) sendJson(response, 401, { message: "Bad credentials" });
    else sendJson(response, 200, { login, id: idOf(login), type: "User", email: null });
  };

  const server = await listenOnLoopback(port, async (origin) => async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", origin);
    if (pathname === authorizePath) await authorize(request, response);
    else if (pathname === tokenPath) await (replaced.token ?? exchange)(request, response);
    else if (pathname === userPath) await (replaced.user ?? user)(request, response);
    else sendJson(response, 404, { message: "Not Found" });
  });

  return {
    url: server.origin,
    idOf,
    replace(answers) {
      replaced = answers;
    },
    close: server.close,
  };
}

function idOf(login: string): number {
  return createHash("sha256").update(login).digest().readUInt32BE() + 1;
}

function challengeOf(verifier: string | null): string | null {
  return verifier === null ? null : createHash("sha256").update(verifier).digest("base64url");
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}
