// npm run bench: how fast it is on this machine; npm run bench -- tokens measures one part. Takes three minutes.

import "./node-version.mjs";

const { build, install } = await import("./prepare.mjs");
await install();
await build();
await import("../benchmarks/dist/main.js");
