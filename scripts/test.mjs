// npm test: everything that is known about whether Signet works.

import "./node-version.mjs";

const { install } = await import("./prepare.mjs");
await install();
const { test } = await import("./steps.mjs");
const { runSteps } = await import("./report.mjs");
await runSteps(test);
