// The typed hooks of the notes service: another service, with a router of its own. Only types come from it.

import type { NotesRouter } from "@signet/resource-server";
import { createTRPCReact } from "@trpc/react-query";
import { createContext } from "react";

/** In a context of its own, beside that of our API. */
export const notesApi = createTRPCReact<NotesRouter>({ context: createContext(null) });
