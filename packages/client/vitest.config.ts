import { defineProject } from "vitest/config";

export default defineProject({
  test: { name: "client", testTimeout: 30_000, include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.{ts,tsx}"] },
});
