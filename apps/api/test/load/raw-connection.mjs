// HTTP/1.1 over a socket, as little as a load needs: requests as text, as many at once as one likes, and of each answer its status and
// how long it took.

import { connect } from "node:net";

/**
 * @param {{ port: number, from?: string }} to `from`: the local address, such as 127.0.0.7.
 * @param {(status: number, tookMs: number) => void} onAnswer
 */
export function openConnection({ port, from = "127.0.0.1" }, onAnswer) {
  const socket = connect({ port, host: "127.0.0.1", localAddress: from });
  socket.setNoDelay(true);
  /** @type {number[]} */
  const begun = [];
  let rest = "";
  socket.setEncoding("latin1");
  socket.on("error", () => {});
  socket.on("data", (text) => {
    rest += text;
    for (;;) {
      const end = rest.indexOf("\r\n\r\n");
      if (end === -1) return;
      const length = Number(/^content-length: (\d+)/im.exec(rest.slice(0, end))?.[1] ?? 0);
      if (rest.length < end + 4 + length) return;
      const status = Number(rest.slice(9, 12));
      rest = rest.slice(end + 4 + length);
      onAnswer(status, performance.now() - (begun.shift() ?? Number.NaN));
    }
  });
  return {
    socket,
    get waiting() {
      return begun.length;
    },
    /** @param {string} text @param {number} [since] When it was due, where that is before now. */
    send(text, since = performance.now()) {
      begun.push(since);
      socket.write(text, "latin1");
    },
  };
}

/** @param {string} token */
export function whoami(token, address = "192.0.2.1") {
  return (
    `GET /api/trpc/auth.whoami HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${address}\r\n` +
    `Authorization: Bearer ${token}\r\n\r\n`
  );
}

/** @param {string} username @param {string} password */
export function signIn(username, password, address = "192.0.2.1") {
  const body = JSON.stringify({ username, password, refreshToken: "none" });
  return (
    `POST /api/trpc/auth.issueToken HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${address}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}

/** @param {number} number A different address for each of 2³² numbers. */
export function addressOf(number) {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

/** Times by status. */
export function createTally() {
  /** @type {Map<number, number[]>} */
  const times = new Map();
  return {
    /** @param {number} status @param {number} tookMs */
    add(status, tookMs) {
      const of = times.get(status);
      if (of === undefined) times.set(status, [tookMs]);
      else of.push(tookMs);
    },
    summary: () =>
      Object.fromEntries(
        [...times].map(([status, of]) => {
          of.sort((a, b) => a - b);
          const at = (/** @type {number} */ part) => of[Math.min(of.length - 1, Math.floor(of.length * part))];
          return [status, { count: of.length, medianMs: at(0.5), p99Ms: at(0.99) }];
        }),
      ),
  };
}
