// What a sign-in leaves behind: a new session with its first refresh token, and the answer that carries both tokens.

import { randomBytes } from "node:crypto";
import type { AccessTokenSigner } from "@signet/auth/sign";
import type { DeviceMark } from "./known-devices.ts";
import { hashOf, type RefreshTokens } from "./refresh-token.ts";
import type { AuthenticationMethod, NewSession, Session, User } from "./stores.ts";

/** Where a request came from, for the person to recognise the session by; neither decides anything. */
export interface Client {
  /** The name that the device gives itself, cut to 200 characters. */
  device: string | null;
  address: string | null;
}

export interface IssuedToken {
  accessToken: string;
  tokenType: "Bearer";
  /** Seconds from now. */
  expiresIn: number;
  /** NumericDate seconds. */
  expiresAt: number;
  sessionId: string;
  /** What renews the access token; `null` when none was asked for. */
  refresh: RefreshGrant | null;
  /** After a password was right: what makes the device known to the account. */
  deviceMark?: DeviceMark;
}

export interface RefreshGrant {
  token: string;
  /** Seconds until it is of no use at the latest. */
  maxAgeSeconds: number;
}

export interface SessionLimits {
  /** A session ends after this many seconds at the latest. */
  maxSeconds: number;
  /** And after this many in which it was not refreshed. */
  idleSeconds: number;
}

export interface SessionStart {
  /** A new id, always: nothing that the client sent is part of it. */
  newSession(userId: string, client: Client, options: NewSessionOptions): BegunSession;
  /** The answer to whoever began or refreshed a session. */
  answer(of: Answer): Promise<IssuedToken>;
}

export interface NewSessionOptions {
  refreshable: boolean;
  amr: AuthenticationMethod;
}

/** A session that is not stored yet, and its first refresh token. */
export interface BegunSession {
  session: NewSession;
  refreshToken: string | null;
}

export interface Answer {
  user: Pick<User, "id" | "username" | "scope">;
  session: Pick<Session, "id" | "createdAt" | "amr">;
  refreshToken: string | null;
  /** Milliseconds on our clock, read before or when the store answered: tokens count from then. */
  issuedAtMs: number;
  /** Of the session, when the store answered. */
  secondsLeft: { untilEnd: number; untilIdle: number };
}

export interface SessionStartOptions {
  signer: AccessTokenSigner;
  refreshTokens: RefreshTokens;
  limits: SessionLimits;
}

const maxDeviceLength = 200;
const saltBytes = 16;
/** A session that cannot be refreshed is over with its one access token, which lives no longer than this. */
const unrefreshableSeconds = 900;

export function createSessionStart({ signer, refreshTokens, limits }: SessionStartOptions): SessionStart {
  return {
    newSession(userId, { device, address }, { refreshable, amr }) {
      const id = randomId();
      const session = { id, device: device?.slice(0, maxDeviceLength) ?? null, address, amr };
      if (!refreshable) {
        const maxAgeSeconds = Math.min(unrefreshableSeconds, limits.maxSeconds);
        return { session: { ...session, maxAgeSeconds, refresh: null }, refreshToken: null };
      }
      const salt = new Uint8Array(randomBytes(saltBytes));
      const refreshToken = refreshTokens.make({ sessionId: id, counter: 0, userId, salt });
      const refresh = {
        salt,
        currentHash: hashOf(refreshToken),
        secretId: refreshTokens.secretId,
        idleSeconds: limits.idleSeconds,
      };
      return { session: { ...session, maxAgeSeconds: limits.maxSeconds, refresh }, refreshToken };
    },

    async answer({ user, session, refreshToken, issuedAtMs, secondsLeft }) {
      const { accessToken, claims } = await signer.sign({
        subject: user.id,
        sessionId: session.id,
        username: user.username,
        scope: user.scope,
        authTime: Math.floor(session.createdAt.getTime() / 1000),
        amr: [session.amr],
        issuedAt: Math.floor(issuedAtMs / 1000),
        sessionSecondsLeft: Math.max(1, Math.floor(secondsLeft.untilEnd)),
      });
      const maxAgeSeconds = Math.floor(Math.min(secondsLeft.untilEnd, secondsLeft.untilIdle));
      return {
        accessToken,
        tokenType: "Bearer",
        expiresIn: claims.exp - claims.iat,
        expiresAt: claims.exp,
        sessionId: session.id,
        refresh: refreshToken === null ? null : { token: refreshToken, maxAgeSeconds },
      };
    },
  };
}

/** 128 random bits: of users and of sessions. */
export function randomId(): string {
  return randomBytes(16).toString("base64url");
}
