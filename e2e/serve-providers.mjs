// The providers that people sign in with in the tests.

import { startDevProvider, startFakeGithub } from "../dev-provider/dist/index.js";

const { example, github } = JSON.parse(process.env["PROVIDERS"] ?? "");
const running = [await startDevProvider(example), await startFakeGithub(github)];

process.once("SIGTERM", async () => {
  await Promise.all(running.map((provider) => provider.close()));
});
