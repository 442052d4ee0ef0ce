// Shapes of what callers send, where more than one endpoint takes it. They bound the work; what is good is decided in accounts.

import { z } from "zod";

/** 128 bits in base64url. */
export const sessionIdSchema = z.string().regex(/^[A-Za-z0-9_-]{22}$/);

/** A random text of the caller's, the same for each repetition of one refresh. */
export const attemptSchema = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/);

/** Any text: what is no refresh token gets the same answer as one that is over. */
export const refreshTokenSchema = z.string().max(8_192);

/** Any text: what is no hand-over code gets the same answer as one that is over. */
export const handOverCodeSchema = z.string().max(256);

/** RFC 7636 §4.1. */
export const verifierSchema = z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/);

// The lengths only bound the work; what a name or a password must be is decided in accounts.
export const usernameSchema = z.string().max(256);
export const passwordSchema = z.string().max(1024);

/** Where the refresh token goes. */
export const refreshTokenPlaceSchema = z.enum(["cookie", "body", "none"]).default("cookie");
