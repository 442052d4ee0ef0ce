import { defineConfig } from "vitest/config";

export default defineConfig({
  root: import.meta.dirname,
  // One after the other: each wants the machine for itself.
  test: { name: "load", include: ["*.test.ts"], fileParallelism: false, testTimeout: 300_000, hookTimeout: 120_000 },
});
