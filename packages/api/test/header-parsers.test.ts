// Cookies and Basic credentials: every way to put a few awkward pieces together, and pieces that repeat without end.

import { isAuthError } from "@signet/auth/errors";
import { describe, expect, test } from "vitest";
import { parseBasicCredentials } from "../src/http/basic-credentials.ts";
import { createRefreshCookies } from "../src/http/refresh-cookies.ts";

/** All texts of so many pieces. */
function texts(pieces: readonly string[], length: number): string[] {
  if (length === 0) return [""];
  const shorter = texts(pieces, length - 1);
  return shorter.flatMap((text) => pieces.map((piece) => text + piece));
}

describe("refresh cookies", () => {
  const id = "A".repeat(22);
  const { read } = createRefreshCookies({ secure: false, path: "/auth" });
  const readText = (cookie: string) => read(new Request("http://localhost/", { headers: { cookie } }));

  test("only whole pairs of ours are read: the name with a session's id, the value of a token's letters", () => {
    const pieces = [
      `signet_refresh_${id}`,
      "signet_refresh_",
      "__Secure-",
      "__proto__",
      "=",
      "; ",
      ";",
      "tok-en_1",
      " ",
      '"',
      "é",
      ",",
    ];
    for (const cookie of texts(pieces, 4)) {
      const ours = cookie
        .split(";")
        .map((pair) => pair.trim())
        .filter(
          (pair) =>
            pair === `signet_refresh_${id}=tok-en_1` ||
            pair === `signet_refresh_${id}=tok-en_1tok-en_1` ||
            /^signet_refresh_A{22}=(?:signet_refresh_A{0,22}|__Secure-|__proto__|tok-en_1){1,2}$/.test(pair),
        );
      expect([...readText(cookie).keys()], cookie).toEqual(ours.length === 0 ? [] : [id]);
    }
  });

  test("of hundreds the newest ten are looked at, and nothing is mixed up", () => {
    const ids = Array.from({ length: 200 }, (_, index) => String(index).padStart(22, "0"));
    const jar = readText(ids.map((one) => `signet_refresh_${one}=token-${one}`).join("; "));
    expect([...jar.keys()]).toEqual(ids.slice(-10));
    for (const [one, token] of jar) expect(token).toBe(`token-${one}`);
  });

  test.each([";", "; ", "=", "signet_refresh_", `signet_refresh_${id}=`, "a=b;", " "])(
    "%j a hundred thousand times is read once through, and is nothing",
    (piece) => {
      expect(readText(piece.repeat(100_000)).size).toBe(0);
    },
  );
});

describe("Basic credentials", () => {
  function outcomeOf(header: string): unknown {
    try {
      return parseBasicCredentials(header);
    } catch (error) {
      return isAuthError(error) ? error.reason : error;
    }
  }

  test("are what encodes back to the header, or refused in one way (PWD-12)", () => {
    for (const text of texts(["a", ":", "é", "\u0000", "\n", "\u007f", "💧", " "], 4)) {
      const header = `Basic ${Buffer.from(text).toString("base64")}`;
      const colon = text.indexOf(":");
      const isRead = colon !== -1 && !/\p{Cc}/u.test(text);
      const expected = { username: text.slice(0, colon), password: text.slice(colon + 1) };
      expect(outcomeOf(header), JSON.stringify(text)).toEqual(isRead ? expected : "credentials_invalid");
    }
  });

  test("in any other spelling are refused, and nothing else is ever thrown", () => {
    for (const text of texts(["Basic", "basic", " ", "\t", "YTpi", "=", "YTpj", "-", "_", "/", ","], 4)) {
      const outcome = outcomeOf(text);
      const isRead = /^basic +(?:YTp[bi]|YTpj){1,2}={0,2}$/i.test(text) || outcome === "credentials_invalid";
      expect(isRead, text).toBe(true);
    }
  });

  test.each(["A", "=", " ", "Basic ", "A=", "é"])("%j a hundred thousand times is refused at once", (piece) => {
    expect(outcomeOf(`Basic ${piece.repeat(100_000)}!`)).toBe("credentials_invalid");
  });
});
