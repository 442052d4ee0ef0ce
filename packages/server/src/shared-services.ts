// One set of services in a process, whoever asks first.

import type { Services } from "./services.ts";

let services: Promise<Services> | undefined;

/** The services of this process, opened by `open` where nobody has yet. */
export function sharedServices(open: () => Promise<Services>): Promise<Services> {
  services ??= open().catch((error: unknown) => {
    // The next one who asks tries again.
    services = undefined;
    throw error;
  });
  return services;
}
