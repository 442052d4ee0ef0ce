// npm run signet -- …: the operator's commands. Installs and builds where something has changed; else it is quick and quiet.

import "./node-version.mjs";

const { existsSync, readdirSync, statSync, writeFileSync } = await import("node:fs");
const { build, install } = await import("./prepare.mjs");
const { root } = await import("./run.mjs");

const main = `${root}apps/cli/dist/main.js`;
const stamp = `${root}node_modules/.signet-cli-built`;
const rooms = ["apps/cli", "packages/auth", "packages/accounts", "packages/db", "packages/api", "packages/server"];

/** Standard output belongs to the command. @param {string} message */
const tell = (message) => void process.stderr.write(`${message}\n`);

await install(tell);
if (!existsSync(main) || !existsSync(stamp) || newestSource() > statSync(stamp).mtimeMs) {
  const startedAt = new Date();
  await build("apps/cli", tell);
  writeFileSync(stamp, startedAt.toISOString());
}

process.env.NODE_ENV = "production";
process.setSourceMapsEnabled(true);
await import("../apps/cli/dist/main.js");

/** When a source that the commands are built from was changed last. */
function newestSource() {
  const folders = rooms
    .flatMap((room) => [`${root}${room}/src`, `${root}${room}/prisma`])
    .filter((path) => existsSync(path));
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
  );
  return Math.max(...files.filter((path) => !path.includes("/generated")).map((path) => statSync(path).mtimeMs));
}
