import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Most of what they do is waiting for other processes: two files at a time also on two cores.
    maxWorkers: 2,
    projects: ["packages/*", "apps/*", "dev-provider", "interop"],
    reporters: process.env["CI"] ? ["default"] : ["default"],
  },
});
