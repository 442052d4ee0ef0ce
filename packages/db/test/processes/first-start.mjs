// A first start as an app makes it, as soon as it is told to: database, migrations, key ring. Says which keys it has then.

import { systemClock } from "@signet/auth/clock";
import { createKeyRing } from "@signet/auth/keys";
import { createDatabase, openEmbeddedDatabase } from "@signet/db";

const [, , where, secret] = process.argv;

process.once("message", async () => {
  const embedded = where.startsWith("postgresql:") ? undefined : await openEmbeddedDatabase({ dataDir: where });
  const database = createDatabase(embedded?.connection ?? { connectionString: where });
  await database.migrate();
  const ring = createKeyRing({
    algorithm: "ES256",
    secrets: [secret],
    store: database.signingKeys,
    clock: systemClock,
    onAlarm: (alarm) => process.send({ alarm }),
  });
  await ring.load();
  process.send({ kids: ring.jwks().keys.map(({ kid }) => kid), signsWith: ring.signingKey().kid });
  // Nobody ends before all have their keys: the owner of an embedded database holds it for the others.
  process.once("message", async () => {
    await database.close();
    await embedded?.close();
    process.disconnect();
  });
});
process.send("waiting");
