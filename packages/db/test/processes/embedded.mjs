// Opens the embedded database of a folder and says what happens; adds users, and closes, when told to.

import { createDatabase, openEmbeddedDatabase } from "@signet/db";

const say = (message) => process.send(message);
const embedded = await openEmbeddedDatabase({
  dataDir: process.argv[2],
  onProgress: (progress) => say({ progress }),
  onOwnerEnded: (ended) => say({ ended }),
});
const database = createDatabase(embedded.connection);
await database.migrate();

process.on("message", async (message) => {
  if (message === "close") {
    await database.close();
    await embedded.close();
    process.disconnect();
  }
  if (message === "insert") {
    for (let count = 0; ; count += 1) {
      const username = `user${process.pid}x${count}`;
      const session = { id: username, device: null, address: null, amr: "pwd", maxAgeSeconds: 60, refresh: null };
      await database.accounts.createUser({ id: username, username, passwordHash: "hash" }, session);
      say({ inserted: username });
    }
  }
});
say({ opened: embedded.owner });
