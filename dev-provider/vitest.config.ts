import { defineProject } from "vitest/config";

export default defineProject({
  test: { name: "dev-provider", testTimeout: 30_000, include: ["test/**/*.test.ts"] },
});
