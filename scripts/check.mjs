// npm run check: format, lint, types. Under a minute; everybody runs it all day.

import "./node-version.mjs";

const { install } = await import("./prepare.mjs");
await install();
const { check } = await import("./steps.mjs");
const { runSteps } = await import("./report.mjs");
await runSteps(check);
