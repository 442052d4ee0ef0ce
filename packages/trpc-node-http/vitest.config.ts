import { defineProject } from "vitest/config";

export default defineProject({
  test: { name: "trpc-node-http", testTimeout: 30_000, include: ["src/**/*.test.ts", "test/**/*.test.ts"] },
});
