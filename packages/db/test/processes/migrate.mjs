// Migrates the database that is named, as soon as it is told to.

import { createDatabase } from "@signet/db";

const database = createDatabase({ connectionString: process.argv[2] });
process.once("message", async () => {
  await database.migrate();
  await database.close();
  process.send("done");
  process.disconnect();
});
process.send("waiting");
