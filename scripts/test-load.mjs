// npm run test:load: one API under floods of sign-ins, a million strangers, and clients that are slow on purpose. Takes about five minutes,
// wants a machine that does nothing else, prints what it measures, and fails when a bound is broken.

import "./node-version.mjs";

const { build, install } = await import("./prepare.mjs");
await install();
await build();
const { load } = await import("./steps.mjs");
const { runSteps } = await import("./report.mjs");
await runSteps([load]);
