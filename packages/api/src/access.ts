// Deny by default: each procedure declares who may call it, and a router with one that does not refuses to build.

import type { AnyRouter } from "@trpc/server";

/**
 * Who may call a procedure: anybody, whoever holds a valid access token, one whose session the database still knows as live, or
 * one that was granted all these scopes.
 */
export type Access = "public" | "protected" | "live session" | { scopes: readonly string[] };

export interface ProcedureMeta {
  access: Access;
}

export interface ProcedureAccess {
  path: string;
  type: "query" | "mutation" | "subscription";
  access: Access;
}

/**
 * Lists each procedure of a router with who may call it, sorted by path.
 *
 * @throws TypeError when a procedure does not declare its access; the message names it.
 */
export function procedureAccess(router: AnyRouter): ProcedureAccess[] {
  const procedures = Object.entries(router._def.procedures as Record<string, DeclaredProcedure>);
  return procedures
    .map(([path, procedure]) => ({ path, type: procedure._def.type, access: declaredAccess(path, procedure) }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

interface DeclaredProcedure {
  _def: { type: ProcedureAccess["type"]; meta?: Partial<ProcedureMeta> };
}

function declaredAccess(path: string, procedure: DeclaredProcedure): Access {
  const access = procedure._def.meta?.access;
  if (access === undefined) {
    throw new TypeError(
      `The procedure "${path}" does not say who may call it. Build it from publicProcedure, protectedProcedure, liveSessionProcedure or requireScope(…).`,
    );
  }
  return access;
}
