// signet routes: who may call what.

import { type Access, appRouter, type ProcedureAccess, procedureAccess } from "@signet/api";
import type { Command } from "commander";
import { type Common, command } from "./commands.ts";
import { type Column, createOutput, table } from "./output.ts";

const columns: readonly Column<ProcedureAccess>[] = [
  { title: "PROCEDURE", of: ({ path }) => path },
  { title: "KIND", of: ({ type }) => type },
  {
    title: "WHO",
    of: ({ access }) => inWords(access),
    colour: ({ access }) => (access === "public" ? "yellow" : undefined),
    flexible: true,
  },
];

export function routes(): Command {
  return command("routes", "list each procedure with who may call it", "routes").action((options: Common) => {
    const output = createOutput(options.json === true);
    const found = procedureAccess(appRouter);
    output.json(found);
    output.say(table(found, columns, output.paint));
  });
}

function inWords(access: Access): string {
  if (typeof access !== "string") return `holders of ${access.scopes.join(" and ")}`;
  if (access === "public") return "anybody";
  return access === "protected" ? "who is signed in" : "who is signed in, asked of the database";
}
