// Sessions that have been over for so long that nobody asks about them any more.

import type { PrismaClient } from "./generated/client.ts";
import { withStorageErrors } from "./storage-errors.ts";

const removeLimit = 5_000;

/**
 * Removes sessions that were ended, or reached their last day, more than a day ago. Their refresh tokens are refused as before: of a
 * session that never was. Not more than some thousands at once, so that nobody has to wait for it.
 *
 * @returns how many
 */
export function removeOldSessions(prisma: PrismaClient): Promise<number> {
  return withStorageErrors(
    () => prisma.$executeRaw`
      DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions
        WHERE ended_at < clock_timestamp() - interval '1 day' OR expires_at < clock_timestamp() - interval '1 day'
        LIMIT ${removeLimit})`,
  );
}
