// docs/commands.md, written from the help of the commands themselves.

import type { Command } from "commander";
import { createProgram } from "./program.ts";

export function commandReference(): string {
  const program = createProgram();
  return `# Commands

What \`npm run signet -- …\` can do. They need the settings of the server they stand beside (\`DATABASE_URL\`, \`AUTH_SECRET\`,
\`DATA_DIR\` …), and join the embedded database while a server has it open. Written by \`node scripts/commands.mjs\` from the
help of the commands; change it there.

${helpOf(program)}
${leavesOf(program)
  .map(({ name, command }) => `## ${name}\n\n${helpOf(command)}`)
  .join("\n")}`;
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return `\`\`\`text\n${text.trim()}\n\`\`\`\n`;
}

function leavesOf(command: Command, path: readonly string[] = ["signet"]): { name: string; command: Command }[] {
  return command.commands.flatMap((one) => {
    const itsPath = [...path, one.name()];
    return one.commands.length > 0 ? leavesOf(one, itsPath) : [{ name: itsPath.join(" "), command: one }];
  });
}
