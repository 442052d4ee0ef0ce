// Devices on which somebody has signed in before. A device keeps a mark for each account; it opens nothing, it only has a budget of its
// own when it tries a password.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "@signet/auth/clock";
import { deriveBytes } from "@signet/auth/keys";

/** 90 days. */
export const deviceMarkSeconds = 90 * 24 * 60 * 60;

const keyBytes = 32;
const deviceIdBytes = 12;
/** Device id, password version, NumericDate, MAC. */
const markShape = /^([A-Za-z0-9_-]{16})\.(\d{1,9})\.(\d{1,12})\.([A-Za-z0-9_-]{43})$/;

/** What a device keeps: a mark, under a name that tells which account it is for to nobody without the secret. */
export interface DeviceMark {
  name: string;
  mark: string;
}

export interface KnownDevice {
  deviceId: string;
  /** Of the account when the mark was made: after a change of the password it is not known any more. */
  passwordVersion: number;
}

export interface KnownDevices {
  /** A mark for a new device of this account. */
  make(username: string, passwordVersion: number): DeviceMark;
  /**
   * The device that a mark among these proves: made here, for this account, within 90 days.
   *
   * Does not check: that the password is still the same.
   *
   * @param marks By name, as the device presented them; whatever they are.
   */
  find(marks: ReadonlyMap<string, string>, username: string): KnownDevice | undefined;
}

/** @param secrets The first makes marks, the others are still accepted. */
export function createKnownDevices(secrets: readonly string[], clock: Clock): KnownDevices {
  const keys = secrets.map((secret) => deriveBytes({ secret, label: "signet/1/known-device", length: keyBytes }));
  const [first] = keys;
  if (first === undefined) throw new TypeError("secrets must be a list of at least one.");
  const nowSeconds = () => Math.floor(clock() / 1000);

  return {
    make(username, passwordVersion) {
      const head = `${randomBytes(deviceIdBytes).toString("base64url")}.${passwordVersion}.${nowSeconds()}`;
      const mac = macOf(first, `${head}.${username}`).toString("base64url");
      return { name: nameOf(first, username), mark: `${head}.${mac}` };
    },
    find(marks, username) {
      for (const key of keys) {
        const mark = marks.get(nameOf(key, username));
        const [, deviceId, version, madeAt, mac] = markShape.exec(mark ?? "") ?? [];
        if (deviceId === undefined || mac === undefined) continue;
        const expected = macOf(key, `${deviceId}.${version}.${madeAt}.${username}`).toString("base64url");
        const isGenuine = timingSafeEqual(Buffer.from(expected), Buffer.from(mac));
        if (!isGenuine || nowSeconds() >= Number(madeAt) + deviceMarkSeconds) continue;
        return { deviceId, passwordVersion: Number(version) };
      }
      return undefined;
    },
  };
}

function nameOf(key: Buffer, username: string): string {
  return macOf(key, `name.${username}`).subarray(0, deviceIdBytes).toString("base64url");
}

function macOf(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
