// npm start: install, build, serve. The second time nothing is left to do but serve.

import "./node-version.mjs";

const { build, install } = await import("./prepare.mjs");
await install();
await build();

process.env.NODE_ENV = "production";
process.env.NEXT_TELEMETRY_DISABLED = "1";
process.setSourceMapsEnabled(true);
// In this very process, so that signals reach the server and nobody else.
await import("../apps/web/dist/server/main.js");
