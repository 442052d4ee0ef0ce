// npm run test:replicas: PostgreSQL, two APIs, a web app and a resource server under load, while everything happens to them. Takes two
// minutes, prints what happens and a table of what was seen, and fails when an answer was wrong.

import "./node-version.mjs";

const { build, install } = await import("./prepare.mjs");
await install();
await build();
const { replicas } = await import("./steps.mjs");
const { runSteps } = await import("./report.mjs");
await runSteps([replicas]);
