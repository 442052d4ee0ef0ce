// X.509 certificates for tests, made of nothing but node:crypto: an authority, and servers that it vouches for.

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export interface Certificate {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS #8. */
  key: string;
}

export interface Authority extends Certificate {
  issue(options: { dnsName: string; notAfter?: Date }): Certificate;
}

const hourMs = 60 * 60 * 1000;
/** ecdsa-with-SHA256. */
const algorithm = sequence(oid("2a8648ce3d040302"));

export function createAuthority(name: string): Authority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  // basicConstraints, critical: an authority.
  const isAuthority = sequence(oid("551d13"), der(0x01, [0xff]), der(0x04, sequence(der(0x01, [0xff]))));
  return {
    certificate: certify(
      { subject: name, issuer: name, publicKey: keys.publicKey, extension: isAuthority },
      keys.privateKey,
    ),
    key: pem(keys.privateKey),
    issue({ dnsName, notAfter }) {
      const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
      // subjectAltName: one dNSName.
      const names = sequence(oid("551d11"), der(0x04, sequence(der(0x82, Buffer.from(dnsName)))));
      const contents = { subject: dnsName, issuer: name, publicKey: own.publicKey, extension: names };
      return {
        certificate: certify({ ...contents, ...(notAfter === undefined ? {} : { notAfter }) }, keys.privateKey),
        key: pem(own.privateKey),
      };
    },
  };
}

interface Contents {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  extension: Buffer;
  notAfter?: Date;
}

/** RFC 5280 §4.1. */
function certify(contents: Contents, issuerKey: KeyObject): string {
  const { subject, issuer, publicKey, extension, notAfter = new Date(Date.now() + hourMs) } = contents;
  const body = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, [0x01, ...randomBytes(8)]),
    algorithm,
    named(issuer),
    sequence(time(new Date(notAfter.getTime() - 2 * hourMs)), time(notAfter)),
    named(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extension)),
  );
  const signature = sign("sha256", body, issuerKey);
  const bytes = sequence(body, algorithm, der(0x03, [0, ...signature]));
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function pem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** A common name. */
function named(text: string): Buffer {
  return sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from(text)))));
}

/** UTCTime, to the second. */
function time(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function sequence(...parts: Uint8Array[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, value: Iterable<number>): Buffer {
  const bytes = Buffer.from([...value]);
  const { length } = bytes;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), bytes]);
}
