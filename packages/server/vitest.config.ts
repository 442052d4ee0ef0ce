import { defineProject } from "vitest/config";

export default defineProject({
  test: { name: "server", testTimeout: 30_000, include: ["src/**/*.test.ts", "test/**/*.test.ts"] },
});
