// npm run start:api: install, build, serve the API without pages, one process per core.

import "./node-version.mjs";

const { build, install } = await import("./prepare.mjs");
await install();
await build("apps/api");

process.env.NODE_ENV = "production";
process.setSourceMapsEnabled(true);
// In this very process, so that signals reach the server and nobody else.
await import("../apps/api/dist/main.js");
