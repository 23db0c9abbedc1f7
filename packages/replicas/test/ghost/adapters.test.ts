import { expect, test } from "vitest";
import { registerAdapter } from "../../src/ghost/adapters.ts";
import type { Ghost } from "../../src/ghost/ghost.ts";

class Jobs {
  run(): void {}
}

class Redirects {
  getAll(): void {}
}

test("a class is found by its name, all others as before", () => {
  const settings = new Map<string, unknown>();
  const manager = { loadAdapterFromPath: (path: string): unknown => `Ghost's ${path}` };
  const ghost = {
    config: { set: (key: string, value: unknown) => settings.set(key, value) },
    use: () => ({ default: manager }),
  } as unknown as Ghost;
  registerAdapter(ghost, "jobs", "@ours/jobs", Jobs, { a: 1 });
  registerAdapter(ghost, "redirects", "@ours/redirects", Redirects, {});
  expect(manager.loadAdapterFromPath("@ours/jobs")).toBe(Jobs);
  expect(manager.loadAdapterFromPath("@ours/redirects")).toBe(Redirects);
  expect(manager.loadAdapterFromPath("/a/FileStore")).toBe("Ghost's /a/FileStore");
  expect(settings.get("adapters:jobs")).toEqual({ active: "@ours/jobs", "@ours/jobs": { a: 1 } });
});
