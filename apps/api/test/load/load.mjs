// One kind of load, in a process of its own: node load.mjs KIND '{"port":…}'. What it saw is its last line, as JSON.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { addressOf, createTally, openConnection, signIn, whoami } from "./raw-connection.mjs";

const [, , kind = "", text = "{}"] = process.argv;
const options = JSON.parse(text);
const kinds = { paced, crowd, strangers, slow };
say(await kinds[kind](options));
process.exit(0);

function say(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

function requestsOf({ token, known, password }) {
  if (token !== undefined) return () => whoami(token);
  let number = randomBytes(4).readUInt32BE();
  // Every other one for somebody who exists, each from another place.
  return () => {
    number += 1;
    return signIn(number % 2 === 0 ? known : `nobody-${number}`, password, addressOf(number));
  };
}

/** So many a second, whatever becomes of them. A time counts from when a request was due, so that none hides behind a slow one. */
async function paced({ port, connections, perSecond, forMs, ...what }) {
  const next = requestsOf(what);
  const tally = createTally();
  const connected = Array.from({ length: connections }, () => openConnection({ port }, tally.add));
  await Promise.all(connected.map(({ socket }) => once(socket, "connect")));
  const startedAt = performance.now();
  const all = (forMs / 1000) * perSecond;
  for (let sent = 0; sent < all; ) {
    const due = Math.min(all, ((performance.now() - startedAt) / 1000) * perSecond);
    for (; sent < due; sent++) {
      // One at a time on each, as all honest clients do.
      const free = connected.find(({ waiting }) => waiting === 0);
      if (free === undefined) break;
      free.send(next(), startedAt + (sent / perSecond) * 1000);
    }
    if (connected.every(({ socket }) => socket.destroyed)) break;
    await wait(1);
  }
  while (connected.some(({ waiting, socket }) => waiting > 0 && !socket.destroyed)) await wait(5);
  return tally.summary();
}

/** All connections at once, each with its next request as soon as it has its answer. */
async function crowd({ port, connections, forMs, ...what }) {
  const next = requestsOf(what);
  const tally = createTally();
  let over = false;
  const all = Array.from({ length: connections }, () => {
    const connection = openConnection({ port }, (status, tookMs) => {
      tally.add(status, tookMs);
      if (!over) connection.send(next());
    });
    connection.send(next());
    return connection;
  });
  await wait(forMs);
  over = true;
  while (all.some(({ waiting, socket }) => waiting > 0 && !socket.destroyed)) await wait(5);
  return tally.summary();
}

/**
 * As many requests of strangers as told, no two alike: from as many addresses, with as many tokens, kids and names. One in twenty tries
 * to sign in, on connections of their own: others would wait behind a hash.
 */
async function strangers({ port, count, token, sayEvery }) {
  const [header, payload] = token.split(".");
  const { kid: _kid, ...rest } = JSON.parse(Buffer.from(header, "base64url").toString());
  const random = (bytes) => randomBytes(bytes).toString("base64url");
  const headerOf = (kid) => Buffer.from(JSON.stringify({ ...rest, kid })).toString("base64url");
  const tokens = [
    () => `${header}.${payload}.${random(64)}`,
    () => `${headerOf(random(32))}.${payload}.${random(64)}`,
    () => random(100),
  ];
  const tally = createTally();
  let address = 0;
  let answered = 0;
  const onAnswer = (status, tookMs) => {
    tally.add(status, tookMs);
    answered += 1;
    if (answered % sayEvery === 0) say({ answered });
  };
  const showToken = () => {
    address += 1;
    return whoami(tokens[address % tokens.length](), addressOf(address));
  };
  const trySignIn = () => {
    address += 1;
    return signIn(random(12), random(12), addressOf(address));
  };
  const signIns = Math.floor(count / 20);
  await Promise.all([
    exchange({ port, connections: 20, atOnce: 8, count: count - signIns, next: showToken }, onAnswer),
    exchange({ port, connections: 100, atOnce: 1, count: signIns, next: trySignIn }, onAnswer),
  ]);
  return tally.summary();
}

/** So many requests, over as many connections at a time. */
function exchange({ port, connections, atOnce, count, next }, onAnswer) {
  const done = deferred();
  let sent = 0;
  let answered = 0;
  function begin() {
    const connection = openConnection({ port }, (status, tookMs) => {
      onAnswer(status, tookMs);
      answered += 1;
      if (answered === count) done.resolve();
      fill(1);
    });
    // Fewer than the server allows: those sent behind its last one would be refused.
    let left = 9_000;
    const fill = (places) => {
      for (; places > 0 && sent < count && left > 0; places--) {
        connection.send(next());
        sent += 1;
        left -= 1;
      }
      if (left === 0 && connection.waiting === 0) connection.socket.end();
    };
    connection.socket.once("close", () => {
      sent -= connection.waiting;
      if (answered < count) begin();
    });
    fill(atOnce);
  }
  for (let number = 0; number < connections; number++) begin();
  return done.promise;
}

function deferred() {
  const parts = {};
  parts.promise = new Promise((resolve) => (parts.resolve = resolve));
  return parts;
}

function ask(path, more = "") {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
}

/** Connections that do what `how` says until the server ends them. */
async function slow({ port, how, connections, perAddress, net = 1, forMs, token }) {
  const ways = {
    silent: () => {},
    headers: (socket) => repeat(socket, "GET / HTTP/1.1\r\nHost: localhost\r\n", "x: y\r\n"),
    bodies: (socket) =>
      repeat(
        socket,
        "POST /api/trpc/auth.issueToken HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n",
        " ",
      ),
    idle: (socket) => socket.write(ask("/healthz")),
    readers: (socket) => {
      socket.pause();
      const batch = ask(
        `/api/trpc/${Array(30).fill("auth.whoami").join(",")}?batch=1`,
        `Authorization: Bearer ${token}\r\n`,
      );
      const more = setInterval(() => socket.writableLength === 0 && socket.write(batch.repeat(2)), 100);
      socket.once("close", () => clearInterval(more));
    },
  };
  const startedAt = performance.now();
  const allCut = deferred();
  let cut = 0;
  let lastCutMs = 0;
  let refused = 0;
  for (let opened = 0; opened < connections; ) {
    // Not faster than a listening socket's queue is emptied.
    const group = Array.from({ length: Math.min(100, connections - opened) }, (_, index) => {
      const from = `127.0.${net}.${1 + Math.floor((opened + index) / perAddress)}`;
      const { socket } = openConnection({ port, from }, () => {});
      const openedAt = performance.now();
      socket.once("connect", () => ways[how](socket));
      socket.once("close", () => {
        cut += 1;
        if (cut === connections) allCut.resolve();
        lastCutMs = Math.max(lastCutMs, performance.now() - openedAt);
        if (performance.now() - openedAt < 1_000) refused += 1;
      });
      return once(socket, "connect").catch(() => {});
    });
    await Promise.all(group);
    opened += group.length;
  }
  say({ opened: connections, openingMs: performance.now() - startedAt });
  await Promise.race([allCut.promise, wait(forMs)]);
  return { cut, lastCutMs, refused };
}

function repeat(socket, first, more) {
  socket.write(first);
  const timer = setInterval(() => socket.write(more), 500);
  socket.once("close", () => clearInterval(timer));
}
