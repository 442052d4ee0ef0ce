// npm run bench: how fast it is on this machine; npm run bench -- --short in under three minutes; npm run bench -- http one part.

import "./node-version.mjs";

const { build, install } = await import("./prepare.mjs");
// What is printed on stdout are tables alone.
const tell = (message) => process.stderr.write(`${message}\n`);
await install(tell);
await build(undefined, tell);
await import("../benchmarks/dist/main.js");
