// PGlite as several connections can share it. The socket server hands it one protocol message after another, from whichever connection
// has one, and leaves a connection alone only inside a transaction. But the messages of one parameterised statement (Parse, Bind,
// Execute, Sync) belong together too: between them lies the one unnamed statement that all connections share, and another connection's
// Parse would replace it. People would get each other's rows. So we say "in a transaction" until the Sync.

import { type ExecProtocolOptionsStream, PGlite } from "@electric-sql/pglite";

const messageType = (letter: string) => letter.charCodeAt(0);
/** Parse, Bind, Describe, Execute, Close, Flush: a Sync is still to come. */
const withinExchange = new Set([..."PBDECH"].map(messageType));
const syncMessage = Uint8Array.of(messageType("S"), 0, 0, 0, 4);

export class SharedPGlite extends PGlite {
  /** `performance.now()` of the last message from any connection. */
  lastMessageAt = performance.now();
  #exchangeOpen = false;

  override isInTransaction(): boolean {
    return this.#exchangeOpen || super.isInTransaction();
  }

  override async execProtocolRawStream(message: Uint8Array, options: ExecProtocolOptionsStream): Promise<void> {
    this.lastMessageAt = performance.now();
    const type = message[0] ?? 0;
    if (withinExchange.has(type)) this.#exchangeOpen = true;
    try {
      await super.execProtocolRawStream(message, options);
    } finally {
      if (type === messageType("S") || type === messageType("Q")) this.#exchangeOpen = false;
    }
  }

  /** The server runs ROLLBACK here when a connection ends within a transaction, or, thanks to the above, within a statement. */
  override async exec(...args: Parameters<PGlite["exec"]>): ReturnType<PGlite["exec"]> {
    if (this.#exchangeOpen) {
      await super.execProtocolRaw(syncMessage);
      this.#exchangeOpen = false;
    }
    return super.exec(...args);
  }
}
