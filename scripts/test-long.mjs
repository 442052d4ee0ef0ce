// npm run test:long: the rounds that `npm test` makes a few of, all of them. Takes about half an hour.

import "./node-version.mjs";

const { install } = await import("./prepare.mjs");
await install();
const { long } = await import("./steps.mjs");
const { runSteps } = await import("./report.mjs");
process.env["SIGNET_LONG_TESTS"] = "1";
await runSteps(long);
