import { defineConfig } from "vite";

export default defineConfig({
  base: "/console/",
  build: {
    target: "es2022",
    cssCodeSplit: true,
    modulePreload: { polyfill: false },
    // Data addresses are no part of the policy: every file is a file.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  // ./dev console: the page from here, everything else from a server that runs.
  server: {
    proxy: Object.fromEntries(
      ["/AdminService", "/events", "/console/session", "/console/site"].map((path) => [
        path,
        { target: process.env.WIMWRIGHT_SERVER ?? "https://localhost:8443", secure: false, changeOrigin: true },
      ]),
    ),
  },
});
