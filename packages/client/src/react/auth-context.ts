// What the provider hands to all components: the state, and apart from it the client that changes the state.

import { createContext } from "react";
import type { AuthClient } from "../auth-client.ts";
import type { AuthState } from "../auth-state.ts";

/** The state itself; null outside an AuthProvider. `useAuth` is the usual way to it. */
export const AuthStateContext = createContext<AuthState | null>(null);

export const AuthClientContext = createContext<AuthClient | null>(null);
