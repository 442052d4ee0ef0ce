// The tRPC link of this client.

export { type AuthLinkOptions, authLink, type SendingLinkOptions } from "./auth-link.ts";
