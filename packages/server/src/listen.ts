// Takes a port; what a person can mend about it is one sentence.

import { once } from "node:events";
import type { Server } from "node:http";
import { SettingError } from "./setting-error.ts";
import type { Settings } from "./settings.ts";

/**
 * @param command How the program was started, for the sentence that proposes another port.
 * @throws SettingError
 */
export async function listen(
  server: Server,
  { HOST, PORT }: Pick<Settings, "HOST" | "PORT">,
  command: string,
): Promise<void> {
  server.listen({ host: HOST, port: PORT });
  try {
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") {
      throw new SettingError(
        `Port ${PORT} is in use by another program. Stop it, or choose another port: PORT=${PORT + 1} ${command}`,
      );
    }
    if (code === "EACCES")
      throw new SettingError(`Port ${PORT} needs more rights than this user has. Set PORT to 1024 or above.`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw new SettingError(`HOST must be an address of this machine; found "${HOST}".`);
    }
    throw error;
  }
}

/** The address that a person at this machine would use. */
export function localAddress({ HOST, PORT }: Pick<Settings, "HOST" | "PORT">): string {
  return `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${PORT}`;
}
