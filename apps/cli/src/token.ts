// signet token: what a token says, and whether it holds.

import type { AccessTokenClaims } from "@signet/auth/claims";
import { systemClock } from "@signet/auth/clock";
import { isAuthError } from "@signet/auth/errors";
import { createRemoteVerifier } from "@signet/auth/remote";
import { createRevocations } from "@signet/auth/revocation";
import { createAccessTokenVerifier } from "@signet/auth/verify";
import { type Command, Option } from "commander";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { readToken } from "./asking.ts";
import { meaningOf } from "./claim-meanings.ts";
import { CommandError } from "./command-error.ts";
import { atWork, type Common, command, group } from "./commands.ts";
import { fromNow } from "./moments.ts";
import { createOutput, type Output, printable } from "./output.ts";

const algorithms = ["ES256", "Ed25519", "RS256"] as const;

export function token(): Command {
  return group("token", "what a token says, and whether it holds", [inspect(), verify()]);
}

function inspect(): Command {
  return command("inspect", "show what a token says, without any proof that it is true", "token inspect < token.txt")
    .argument("[token]", "the token; default: standard input")
    .action(async (given: string | undefined, options: Common) => {
      const output = createOutput(options.json === true);
      const { header, claims } = decode(given ?? (await readToken()));
      output.json({ proven: false, header, claims });
      output.say(`${output.paint("red", "Header")}`);
      sayMembers(output, header);
      output.say(`${output.paint("blue", "Payload")}`);
      sayMembers(output, claims);
      output.say(`${output.paint("green", "Signature")}`);
      output.say("  Not checked: anybody can write such a token. Use: signet token verify");
    });
}

function verify(): Command {
  return command(
    "verify",
    "check a token as a server does; with --issuer as another service does, by the public keys alone",
    "token verify --issuer https://example.com < token.txt",
  )
    .argument("[token]", "the token; default: standard input")
    .addOption(new Option("--issuer <url>", "fetch the keys from this issuer; default: our own").env("ISSUER_URL"))
    .option("--audience <name>", "the audience it must be meant for; default: the issuer, or AUTH_AUDIENCE")
    .action(async (given: string | undefined, options: Common & { issuer?: string; audience?: string }) => {
      const text = given ?? (await readToken());
      if (options.issuer !== undefined) return verifyRemotely(text, options.issuer, options);
      await atWork(options, async ({ settings, database, openKeys }, output) => {
        const revocations = createRevocations({
          source: database.revocations,
          clock: systemClock,
          whenStale: "reject",
        });
        await revocations.poll();
        const verifier = createAccessTokenVerifier({
          issuer: settings.APP_URL,
          audience: options.audience ?? settings.AUTH_AUDIENCE,
          algorithms: settings.AUTH_ALGORITHM === "HS256" ? ["HS256", ...algorithms] : algorithms,
          keys: await openKeys("read"),
          clock: systemClock,
          clockToleranceSeconds: settings.CLOCK_TOLERANCE_SECONDS,
          revocations,
        });
        try {
          sayVerified(output, await judged(output, verifier.verify(text)), "and was not revoked");
        } finally {
          await revocations.stop();
        }
      });
    });
}

async function verifyRemotely(text: string, issuer: string, options: Common & { audience?: string }): Promise<void> {
  const output = createOutput(options.json === true);
  const verifier = createRemoteVerifier({
    issuer,
    algorithms,
    ...(options.audience === undefined ? {} : { audience: options.audience }),
  });
  try {
    sayVerified(output, await judged(output, verifier.verify(text)), "but whether it was revoked is not known here");
  } finally {
    await verifier.stop();
  }
}

/** @throws CommandError with the reason for a refusal */
async function judged(
  output: Output,
  verifying: Promise<AccessTokenClaims> | AccessTokenClaims,
): Promise<AccessTokenClaims> {
  try {
    return await verifying;
  } catch (error) {
    if (!isAuthError(error)) throw error;
    output.json({ valid: false, reason: error.reason });
    throw new CommandError(`Refused: ${error.reason}. ${error.message}`);
  }
}

function sayVerified(output: Output, claims: AccessTokenClaims, revocation: string): void {
  output.json({ valid: true, claims });
  output.say(
    `${output.paint("green", "It holds")}: signed by the issuer, meant for this audience, in time, ${revocation}.`,
  );
  sayMembers(output, claims);
}

function decode(text: string) {
  try {
    return { header: decodeProtectedHeader(text), claims: decodeJwt(text) };
  } catch {
    // What it was is not repeated: it may be a secret in the wrong place.
    throw new CommandError("This is not a token: three parts with points between, each base64url, are expected.");
  }
}

function sayMembers(output: Output, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    const shown = printable(typeof value === "string" ? value : JSON.stringify(value));
    const meaning = meaningOf(name);
    const when = ["exp", "iat", "nbf", "auth_time"].includes(name)
      ? ` (${fromNow(new Date(Number(value) * 1000))})`
      : "";
    output.say(`  ${printable(name)}: ${shown}${when}`);
    if (meaning !== undefined) output.say(`    ${output.paint("dim", meaning)}`);
  }
}
