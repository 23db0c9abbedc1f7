import { defineConfig } from "vitest/config";

/** Of the tests of several Ghosts, those that `npm test` runs; all of them: `npm run test:replicas`. */
const SHORT = ["coherence", "draining", "publishing"].map((name) => `test/integration/replicas/${name}.test.ts`);

/** Three Ghosts and a MySQL fill two cores; they boot on an empty database or after a crash. */
const SEVERAL_GHOSTS = {
  testTimeout: 180_000,
  hookTimeout: 300_000,
  maxWorkers: 1,
  // projects with different numbers of workers run one after another
  sequence: { groupOrder: 2 },
};

/** Two MySQL servers, a bucket store, and a container that is like the backup image, started once for all files. */
const BACKUPS = {
  globalSetup: ["test/backup/setup.ts"],
  testTimeout: 180_000,
  hookTimeout: 180_000,
  maxWorkers: 1,
  sequence: { groupOrder: 3 },
};

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
            "test/helm/**/*.test.ts",
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
          name: "image",
          include: ["test/image/**/*.test.ts"],
          testTimeout: 180_000,
          // an image has to be built first
          hookTimeout: 900_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      { test: { name: "replicas-short", include: SHORT, ...SEVERAL_GHOSTS } },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "test/e2e/set-up.ts",
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      { test: { name: "backup-short", include: ["test/backup/round-trip.test.ts"], ...BACKUPS } },
      { test: { name: "backup", include: ["test/backup/**/*.test.ts"], ...BACKUPS } },
      { test: { name: "replicas", include: ["test/integration/replicas/**/*.test.ts"], ...SEVERAL_GHOSTS } },
    ],
  },
});
