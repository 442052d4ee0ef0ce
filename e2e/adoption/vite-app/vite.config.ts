import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = `http://localhost:${process.env.API_PORT ?? 4000}`;

export default defineConfig({
  plugins: [react()],
  build: { outDir: "dist/page" },
  server: {
    port: 3000,
    proxy: {
      "/trpc": server,
    },
  },
});
