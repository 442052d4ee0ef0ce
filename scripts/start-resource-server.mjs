// npm run start:resource-server: install, build, serve the notes service. It needs nothing of the web app but its address.

import "./node-version.mjs";

const { build, install } = await import("./prepare.mjs");
await install();
await build("apps/resource-server");

process.env.NODE_ENV = "production";
process.setSourceMapsEnabled(true);
// In this very process, so that signals reach the server and nobody else.
await import("../apps/resource-server/dist/main.js");
