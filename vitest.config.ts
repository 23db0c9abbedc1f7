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
            "test/docs/**/*.test.ts",
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
          exclude: ["test/integration/replicas/**"],
          // a container or a Ghost has to start first
          testTimeout: 60_000,
          hookTimeout: 180_000,
          // two Ghosts and a MinIO at a time fill two cores
          maxWorkers: 2,
          // projects with different numbers of workers run one after another
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "replicas",
          include: ["test/integration/replicas/**/*.test.ts"],
          // several Ghosts boot, on an empty database or after a crash
          testTimeout: 180_000,
          hookTimeout: 300_000,
          // three Ghosts and a MySQL fill two cores
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
