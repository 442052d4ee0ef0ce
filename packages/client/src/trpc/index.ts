// The tRPC link of this client.

export { type AuthLinkOptions, authLink, type LinkedAuthClient } from "./auth-link.ts";
export type { SendingLinkOptions } from "./sending-links.ts";
