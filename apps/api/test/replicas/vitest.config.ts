import { defineConfig } from "vitest/config";

export default defineConfig({
  root: import.meta.dirname,
  test: { name: "replicas", include: ["*.test.ts"], testTimeout: 240_000, hookTimeout: 120_000 },
});
