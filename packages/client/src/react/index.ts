// The React skin of this client.

export { returnPathFrom } from "../return-path.ts";
export { AuthStateContext } from "./auth-context.ts";
export { AuthProvider, type AuthProviderProps } from "./auth-provider.tsx";
export { type CachePersister, personalPersister } from "./personal-persister.ts";
export { retryUnlessRefused } from "./query-cache.ts";
export { RequireAuth, type RequireAuthProps, signInHref, whyFrom } from "./require-auth.tsx";
export { type AuthActions, useAuth } from "./use-auth.ts";
