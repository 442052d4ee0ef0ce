// PGlite as several connections can share it. The socket server hands it one protocol message after another, from whichever connection
// has one, and leaves a connection alone only inside a transaction. But the messages of one parameterised statement (Parse, Bind,
// Execute, Sync) belong together too: between them lies the one unnamed statement that all connections share, and another connection's
// Parse would replace it. People would get each other's rows. So we keep them back until the Sync, say "in a transaction" meanwhile, and
// hand them over as one; the answers to them go back as one, too, which wakes the client once instead of five times.

import { type ExecProtocolOptionsStream, PGlite } from "@electric-sql/pglite";

/** Parse, Bind, Describe, Execute, Close, and Flush, which none of our clients sends: a Sync is still to come. */
const withinExchange = new Set([..."PBDECH"].map((letter) => letter.charCodeAt(0)));

export class SharedPGlite extends PGlite {
  /** `performance.now()` of the last message from any connection. */
  lastMessageAt = performance.now();
  #keptBack: Uint8Array[] = [];

  override isInTransaction(): boolean {
    return this.#keptBack.length > 0 || super.isInTransaction();
  }

  override async execProtocolRawStream(message: Uint8Array, options: ExecProtocolOptionsStream): Promise<void> {
    this.lastMessageAt = performance.now();
    this.#keptBack.push(message);
    if (withinExchange.has(message[0] ?? 0)) return;
    const exchange = Buffer.concat(this.#keptBack.splice(0));
    const answers: Uint8Array[] = [];
    await super.execProtocolRawStream(exchange, { ...options, onRawData: (answer) => answers.push(answer.slice()) });
    options.onRawData(Buffer.concat(answers));
  }

  /** The server runs ROLLBACK here when a connection ends within a transaction, or, thanks to the above, within a statement. */
  override async exec(...args: Parameters<PGlite["exec"]>): ReturnType<PGlite["exec"]> {
    this.#keptBack = [];
    return super.exec(...args);
  }
}
