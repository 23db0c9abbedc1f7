import { describe, expect, test, vi } from "vitest";
import type { JobEnvelope } from "../../src/ghost/modules.ts";
import { createMetrics } from "../../src/health/metrics.ts";
import { HeldJobs } from "../../src/jobs/held-jobs.ts";
import { ImportRuns } from "../../src/jobs/import-runs.ts";
import type { JobFiles } from "../../src/jobs/job-files.ts";
import type { JobRows } from "../../src/jobs/job-rows.ts";
import { JobRunner } from "../../src/jobs/job-runner.ts";

const ROW = { id: "1", type: "a", payload: "{}", queue: "default" };

function setUp(more: { own?: Record<string, () => Promise<void>> } = {}) {
  const rows = {
    begin: vi.fn<JobRows["begin"]>(async () => true),
    remove: vi.fn<JobRows["remove"]>(async () => true),
    prolong: vi.fn<JobRows["prolong"]>(async () => []),
    forget: vi.fn<JobRows["forget"]>(async () => {}),
  };
  const files = {
    fetch: vi.fn<JobFiles["fetch"]>(async ({ payload }: JobEnvelope) => payload),
    remove: vi.fn<JobFiles["remove"]>(async () => {}),
  };
  const held = new HeldJobs();
  const lines: string[] = [];
  const line = (message: string) => void lines.push(message);
  const metrics = createMetrics();
  const runner = new JobRunner({
    rows: rows as unknown as JobRows,
    files: files as unknown as JobFiles,
    held,
    runs: new ImportRuns(),
    own: more.own ?? {},
    metrics,
    log: { info: line, warn: line, error: line },
  });
  const outcomes = async () =>
    (await metrics.deeds.get()).values.map(({ labels, value }) => `${labels.outcome} ${value}`);
  return { rows, files, held, lines, runner, outcomes };
}

describe("a job whose turn it is", () => {
  test("is begun, ended, and its row and file removed", async () => {
    const { rows, files, held, runner, outcomes } = setUp();
    const deliver = vi.fn<() => Promise<void>>(async () => {});
    await runner.run(held.add(ROW), deliver);
    expect(deliver).toHaveBeenCalledExactlyOnceWith({ type: "a", payload: "{}" });
    expect(rows.remove).toHaveBeenCalledWith("1");
    expect(files.remove).toHaveBeenCalledOnce();
    expect(held.has("1")).toBe(false);
    expect(await outcomes()).toEqual(["done 1"]);
  });

  test("is not begun when another replica has it, or when it was given back", async () => {
    const { rows, held, runner } = setUp();
    const deliver = vi.fn<() => Promise<void>>(async () => {});
    rows.begin.mockResolvedValueOnce(false);
    await runner.run(held.add(ROW), deliver);
    const given = held.add(ROW);
    held.delete("1");
    await runner.run(given, deliver);
    // taken back meanwhile, as another one: the first one's turn is not its turn
    held.add(ROW);
    await runner.run(given, deliver);
    expect(deliver).not.toHaveBeenCalled();
  });

  test("fails as in Ghost: it is not done again", async () => {
    const { rows, held, runner, outcomes } = setUp();
    await expect(runner.run(held.add(ROW), async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(rows.remove).toHaveBeenCalledOnce();
    expect(await outcomes()).toEqual(["failed 1"]);
  });

  test("waits while the database or the bucket is away", async () => {
    const { files, held, runner, lines } = setUp();
    files.fetch.mockRejectedValueOnce(new Error("away"));
    const deliver = vi.fn<() => Promise<void>>(async () => {});
    await runner.run(held.add(ROW), deliver);
    expect(deliver).toHaveBeenCalledOnce();
    expect(lines).toEqual(["The job a cannot begin yet"]);
  });

  test("is this package's own where Ghost has none of that type", async () => {
    const own = vi.fn<() => Promise<void>>(async () => {});
    const { held, runner } = setUp({ own: { a: own } });
    const deliver = vi.fn<() => Promise<void>>(async () => {});
    await runner.run(held.add(ROW), deliver);
    expect(own).toHaveBeenCalledOnce();
    expect(deliver).not.toHaveBeenCalled();
  });
});

describe("the rows of the jobs that are held", () => {
  test("are removed later when the database was away at the end, and jobs that were lost do not begin", async () => {
    const { rows, held, lines, runner } = setUp();
    rows.remove.mockRejectedValueOnce(new Error("away"));
    await runner.run(held.add(ROW), async () => {});
    expect(held.has("1")).toBe(true);
    held.add({ ...ROW, id: "2" });
    rows.prolong.mockResolvedValueOnce(["2"]);
    runner.withdraw("3");
    runner.start();
    await vi.waitFor(() => expect(held.in("waiting", "done")).toEqual([]));
    await runner.stop();
    expect(rows.remove).toHaveBeenCalledTimes(2);
    expect(rows.forget).toHaveBeenCalledExactlyOnceWith("3");
    expect(lines.at(-1)).toContain("taken by another replica");
  });
});
