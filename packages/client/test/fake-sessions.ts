// The server's sessions on paper: a counter each, one step of grace, and the attempt that made the last step (as in
// "Sessions and refresh" of the architecture). A cookie is the counter that a browser has seen last.

/** 2030-01-01, so that nothing depends on the day a test runs. */
export const startMs = Date.UTC(2030, 0, 1);

export interface TestPerson {
  subject: string;
  username: string;
  sessionId: string;
}

export const ada: TestPerson = { subject: "sub-ada", username: "ada", sessionId: "sid-ada" };
export const bob: TestPerson = { subject: "sub-bob", username: "bob", sessionId: "sid-bob" };

interface TokenTimes {
  issuedAt?: number;
  expiresAt?: number;
  /** Tells the tokens of one session apart. */
  id?: string;
}

/** A token of the right shape; its signature is a word, as nothing here verifies one. */
export function tokenFor(person: TestPerson, times: TokenTimes = {}): string {
  const issuedAt = times.issuedAt ?? startMs / 1000;
  const claims = {
    sub: person.subject,
    sid: person.sessionId,
    preferred_username: person.username,
    scope: "",
    iat: issuedAt,
    exp: times.expiresAt ?? issuedAt + 300,
    ...(times.id === undefined ? {} : { jti: times.id }),
  };
  return [{ alg: "none-of-ours", typ: "at+jwt" }, claims, "signature"]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
}

interface FakeSession {
  person: TestPerson;
  counter: number;
  movedAtMs: number;
  attempt: string | undefined;
  ended: boolean;
}

type Cookies = Map<string, number>;

const graceMs = 30_000;

export function createFakeSessions(clock: { trueMs(): number }) {
  const sessions = new Map<string, FakeSession>();
  const cookies = new WeakMap<Response, (jar: Cookies) => void>();
  const rotations: string[] = [];
  const thefts: string[] = [];
  let lifeSeconds = 300;

  const now = () => Math.floor(clock.trueMs() / 1000);
  const dateHeader = () => ({ date: new Date(clock.trueMs()).toUTCString() });

  function accessToken({ person, counter }: FakeSession): string {
    const times = { issuedAt: now(), expiresAt: now() + lifeSeconds };
    return tokenFor(person, counter === 0 ? times : { ...times, id: `${person.sessionId}.${counter}` });
  }

  function add(person: TestPerson): FakeSession {
    const session = { person, counter: 0, movedAtMs: Number.NEGATIVE_INFINITY, attempt: undefined, ended: false };
    sessions.set(person.sessionId, session);
    return session;
  }

  function claimsOf(token: string): Record<string, unknown> {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
  }

  function refusalOf(token: string): string | undefined {
    const { sid, exp } = claimsOf(token);
    if (Number(exp) * 1000 <= clock.trueMs()) return "token_expired";
    return sessions.get(String(sid))?.ended === true ? "token_revoked" : undefined;
  }

  function setting(response: Response, change: (jar: Cookies) => void): Response {
    cookies.set(response, change);
    return response;
  }

  function trpc(data: unknown): Response {
    return Response.json({ result: { data } }, { headers: dateHeader() });
  }

  function refused(reason: string): Response {
    const error = { message: "A sentence.", code: -32001, data: { httpStatus: 401, reason, retry: true } };
    return Response.json({ error }, { status: 401, headers: dateHeader() });
  }

  function issue(person: TestPerson, place: unknown): { sessionId: string; answer: Response } {
    let sessionId = person.sessionId;
    for (let n = 2; sessions.has(sessionId); n += 1) sessionId = `${person.sessionId}-${n}`;
    const session = add({ ...person, sessionId });
    const answer = trpc({
      accessToken: accessToken(session),
      tokenType: "Bearer",
      expiresIn: lifeSeconds,
      expiresAt: now() + lifeSeconds,
      sessionId,
      ...(place === "body" ? { refreshToken: `${sessionId}:0` } : {}),
    });
    return { sessionId, answer: place === "cookie" ? setting(answer, (jar) => jar.set(sessionId, 0)) : answer };
  }

  function invalidGrant(): Response {
    return Response.json({ error: "invalid_grant", reason: "refresh_token_invalid" }, { status: 400 });
  }

  function refresh(body: Record<string, unknown>, jar: Cookies): Response {
    const inBody = typeof body["refresh_token"] === "string" ? body["refresh_token"].split(":") : undefined;
    const sessionId = inBody?.[0] ?? String(body["session"]);
    const counter = inBody === undefined ? jar.get(sessionId) : Number(inBody[1]);
    const session = sessions.get(sessionId);
    if (session === undefined || session.ended || counter === undefined) return invalidGrant();
    if (counter === session.counter) {
      session.counter += 1;
      session.movedAtMs = clock.trueMs();
      session.attempt = String(body["attempt"]);
      rotations.push(sessionId);
    } else {
      const within = clock.trueMs() - session.movedAtMs <= graceMs;
      const again = counter === session.counter - 1 && (within || session.attempt === body["attempt"]);
      if (!again) {
        thefts.push(sessionId);
        session.ended = true;
        return invalidGrant();
      }
    }
    const moved = session.counter;
    const answer = Response.json(
      {
        access_token: accessToken(session),
        token_type: "bearer",
        expires_in: lifeSeconds,
        session: sessionId,
        ...(inBody === undefined ? {} : { refresh_token: `${sessionId}:${moved}` }),
      },
      { headers: dateHeader() },
    );
    return inBody === undefined ? setting(answer, (cookiesNow) => cookiesNow.set(sessionId, moved)) : answer;
  }

  function signOut(body: Record<string, unknown>, token: string, jar: Cookies): Response {
    const sessionId = String(body["session"]);
    const proven =
      jar.has(sessionId) || body["refresh_token"] !== undefined || claimsOrNull(token)?.["sid"] === sessionId;
    const session = sessions.get(sessionId);
    if (session !== undefined && proven) session.ended = true;
    return setting(new Response(null, { status: 204 }), (cookiesNow) => cookiesNow.delete(sessionId));
  }

  function claimsOrNull(token: string): Record<string, unknown> | null {
    return token === "" ? null : claimsOf(token);
  }

  /** Own sessions that have not ended. */
  function liveOf(subject: unknown): FakeSession[] {
    return [...sessions.values()].filter(({ person, ended }) => person.subject === subject && !ended);
  }

  function end(ending: FakeSession[]): Response {
    for (const session of ending) session.ended = true;
    return trpc({ ended: ending.length });
  }

  function asUser(path: string, body: Record<string, unknown>, token: string): Response {
    const reason = refusalOf(token);
    if (reason !== undefined) return refused(reason);
    const { sub, sid, preferred_username: username } = claimsOf(token);
    const live = liveOf(sub);
    switch (path) {
      case "auth.signOutEverywhere":
        return end(live);
      case "auth.signOutOthers":
        return end(live.filter(({ person }) => person.sessionId !== sid));
      case "auth.endSession":
        return end(live.filter(({ person }) => person.sessionId === body["sessionId"]));
      case "auth.changePassword": {
        if (body["currentPassword"] === "wrong") {
          const data = { httpStatus: 401, reason: "credentials_invalid" };
          return Response.json({ error: { message: "A sentence.", code: -32001, data } }, { status: 401 });
        }
        end(live);
        const person = { subject: String(sub), username: String(username), sessionId: `sid-${String(username)}` };
        return issue(person, body["refreshToken"]).answer;
      }
      default:
        return trpc(
          live.map(({ person }) => ({
            sessionId: person.sessionId,
            createdAt: now(),
            lastUsedAt: now(),
            device: "Firefox on Linux",
            address: null,
            current: person.sessionId === sid,
          })),
        );
    }
  }

  const forUsers = new Set([
    "auth.signOutEverywhere",
    "auth.signOutOthers",
    "auth.endSession",
    "auth.changePassword",
    "auth.listSessions",
  ]);

  return {
    claimsOf,
    refusalOf,
    issue,
    /** Sessions in the order in which their counters moved. */
    rotations,
    thefts,
    /** How long the next access tokens live. */
    setLife(seconds: number) {
      lifeSeconds = seconds;
    },
    cookiesOf: (response: Response) => cookies.get(response),
    /** Somebody has signed in: the cookie goes into this jar. @returns the access token. */
    begin(person: TestPerson, jar: Cookies): string {
      jar.set(person.sessionId, 0);
      return accessToken(add(person));
    },
    /** On another device, or by the operator. */
    end(sessionId: string) {
      const session = sessions.get(sessionId);
      if (session !== undefined) session.ended = true;
    },
    isLive: (sessionId: string) => sessions.get(sessionId)?.ended === false,
    /** Undefined where the request is not about sessions. */
    answer(path: string, body: Record<string, unknown>, token: string, jar: Cookies): Response | undefined {
      if (path === "/auth/refresh") return refresh(body, jar);
      if (path === "/auth/sign-out") return signOut(body, token, jar);
      if (forUsers.has(path)) return asUser(path, body, token);
      if (path !== "auth.issueToken" && path !== "auth.signUp") return undefined;
      const username = String(body["username"]);
      const person = { subject: `sub-${username}`, username, sessionId: `sid-${username}` };
      return issue(person, body["refreshToken"]).answer;
    },
  };
}
