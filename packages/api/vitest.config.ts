import { defineProject } from "vitest/config";

export default defineProject({
  test: {
    name: "api",
    testTimeout: 30_000,
    globalSetup: ["test/global-setup.ts"],
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
  },
});
