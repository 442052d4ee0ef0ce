// PGlite as several connections can share it. The socket server hands it one protocol message after another, from whichever connection
// has one, and leaves a connection alone only inside a transaction. But the messages of one parameterised statement (Parse, Bind,
// Execute, Sync) belong together too: between them lies the one unnamed statement that all connections share, and another connection's
// Parse would replace it. People would get each other's rows. So we say "in a transaction" until the Sync.
//
// Until then they are kept back, and handed over as one. What they are answered with goes back as one, too: that wakes the client once
// instead of five times.

import { type ExecProtocolOptionsStream, PGlite } from "@electric-sql/pglite";

const messageType = (letter: string) => letter.charCodeAt(0);
/** Parse, Bind, Describe, Execute, Close: nobody waits for their answers before a Sync, or a Flush. */
const keptBack = new Set([..."PBDEC"].map(messageType));
/** Sync, and Query. */
const endOfExchange = new Set([..."SQ"].map(messageType));
/** Terminate, and what a connection begins with, which has no letter. */
const connectionItself = new Set([messageType("X"), 0]);
const syncMessage = Uint8Array.of(messageType("S"), 0, 0, 0, 4);

export class SharedPGlite extends PGlite {
  /** `performance.now()` of the last message from any connection. */
  lastMessageAt = performance.now();
  #kept: Uint8Array[] = [];
  /** Whether a part of an exchange was handed over without its end. */
  #exchangeOpen = false;

  override isInTransaction(): boolean {
    return this.#kept.length > 0 || this.#exchangeOpen || super.isInTransaction();
  }

  override async execProtocolRawStream(message: Uint8Array, options: ExecProtocolOptionsStream): Promise<void> {
    this.lastMessageAt = performance.now();
    const type = message[0] ?? 0;
    if (keptBack.has(type)) {
      this.#kept.push(message);
      return;
    }
    // PGlite knows it only by itself; behind other messages it would end the backend for everybody.
    if (connectionItself.has(type)) this.#kept = [];
    this.#exchangeOpen = (this.#exchangeOpen || this.#kept.length > 0) && !endOfExchange.has(type);
    const messages = Buffer.concat([...this.#kept.splice(0), message]);
    const answers: Uint8Array[] = [];
    await super.execProtocolRawStream(messages, { ...options, onRawData: (answer) => answers.push(answer.slice()) });
    options.onRawData(Buffer.concat(answers));
  }

  /** The server runs ROLLBACK here when a connection ends within a transaction, or, thanks to the above, within a statement. */
  override async exec(...args: Parameters<PGlite["exec"]>): ReturnType<PGlite["exec"]> {
    this.#kept = [];
    if (this.#exchangeOpen) {
      await super.execProtocolRaw(syncMessage);
      this.#exchangeOpen = false;
    }
    return super.exec(...args);
  }
}
