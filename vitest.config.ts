import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // As in Node: the default of a CommonJS module is its exports.
    deps: { interopDefault: false },
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "packages/*/test/**/*.test.ts",
            "test/*.test.ts",
            "test/network/**/*.test.ts",
            "test/bench/**/*.test.ts",
          ],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          // a container or a Ghost has to start first
          testTimeout: 60_000,
          hookTimeout: 180_000,
          // two Ghosts and a MinIO at a time fill two cores
          maxWorkers: 2,
        },
      },
    ],
  },
});
