// npm run screenshots: the browser tests take the pictures of the README anew.

import "./node-version.mjs";

const { build, install } = await import("./prepare.mjs");
await install();
await build();
const { chromium } = await import("./chromium.mjs");
const { pnpm } = await import("./run.mjs");
const env = { CHROMIUM_PATH: await chromium(), SCREENSHOTS: "1" };
process.exitCode = (await pnpm(["--dir", "e2e", "exec", "playwright", "test", "screenshots"], { env })).code;
