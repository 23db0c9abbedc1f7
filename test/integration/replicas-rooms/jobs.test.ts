import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Bucket } from "../../../packages/replicas/src/content/bucket.ts";
import type { Database } from "../../../packages/replicas/src/database/database.ts";
import { Leases } from "../../../packages/replicas/src/database/leases.ts";
import { Leadership } from "../../../packages/replicas/src/deeds/leadership.ts";
import type { Ghost } from "../../../packages/replicas/src/ghost/ghost.ts";
import type { JobsBackend } from "../../../packages/replicas/src/ghost/modules.ts";
import type { ModuleName } from "../../../packages/replicas/src/ghost/touched.ts";
import { createMetrics } from "../../../packages/replicas/src/health/metrics.ts";
import { nextTime } from "../../../packages/replicas/src/jobs/cron.ts";
import { JobRows, MOST_ATTEMPTS } from "../../../packages/replicas/src/jobs/job-rows.ts";
import { createJobs } from "../../../packages/replicas/src/jobs/jobs.ts";
import { RecurringJobs } from "../../../packages/replicas/src/jobs/recurring-jobs.ts";
import type { Surroundings } from "../../../packages/replicas/src/surroundings.ts";
import { describeWith, docker } from "../../needs.ts";
import { startServer, type TestServer } from "./server.ts";

type Backend = new (config?: object) => JobsBackend;

/** Registered as Ghost's job handlers are, so that a replica knows its types. */
const TYPES = ["test-job", "slow", "send-email"];

/** Ghost's own modules where they matter, and what its boot would make of the others. */
function ghostInPieces(real: Ghost) {
  const manager: { loadAdapterFromPath(path: string): unknown } = { loadAdapterFromPath: () => undefined };
  const pieces: Record<string, unknown> = {
    adapterManager: { default: manager },
    legacyJobs: { inlineQueue: { idle: () => true } },
    milestones: {},
  };
  const ghost = {
    require: (id: string) => real.require(id),
    config: { get: () => undefined, set: () => {} },
    use: (name: ModuleName) => pieces[name] ?? real.use(name),
  } as unknown as Ghost;
  return { ghost, backendClass: () => manager.loadAdapterFromPath("@stateless-ghost/replicas/jobs") as Backend };
}

const daily = (type: string, cron: string) => ({ type, payload: "{}", queue: "default", cron });

describeWith([docker], "jobs in MySQL", () => {
  let server: TestServer;
  let database: Database;

  beforeAll(async () => {
    server = await startServer();
    database = await server.database("jobs");
  });

  afterAll(() => server.stop());

  /** A replica's jobs, with the class that Ghost would make its backend of. */
  function replica(id: string, name = "jobs") {
    const { ghost, backendClass } = ghostInPieces(server.ghost);
    const own = server.again(name);
    const metrics = createMetrics();
    const leases = new Leases(own, id);
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const surroundings = {
      id,
      ghost,
      database: own,
      leases,
      bucket: {} as Bucket,
      metrics,
      log,
    } as unknown as Surroundings;
    const leadership = new Leadership({ leases, durationMs: 2000, log });
    const jobs = createJobs(surroundings, leadership);
    jobs.install();
    const { JobsService } = ghost.use("jobsService") as unknown as {
      JobsService: new (options: object) => { handle(jobClass: object, handler: () => void): void };
    };
    const service = new JobsService({ backend: {}, logging: {} });
    for (const type of TYPES) service.handle({ type, name: type }, () => {});
    return { jobs, surroundings, leadership, backend: new (backendClass())() };
  }

  const rowsOf = (type: string) =>
    database.rows<{ id: string; holder: string | null; attempts: number; lease_until: Date | null }>(
      "SELECT id, holder, attempts, lease_until FROM replicas_jobs WHERE type = ?",
      [type],
    );

  const schedule = async (type: string) =>
    (
      await database.rows<{ cron: string; next_at: Date }>(
        "SELECT cron, next_at FROM replicas_recurring WHERE type = ?",
        [type],
      )
    )[0];

  function recurringOf(id: string) {
    const { surroundings, leadership } = replica(id);
    const rows = new JobRows(surroundings.database, id);
    return { recurring: new RecurringJobs(surroundings, leadership, rows), leadership };
  }

  test("keep Ghost's own contract for backends", async () => {
    const { runJobsBackendContractTests } = server.ghost.require("@tryghost/adapter-base-jobs/contract-test-suite") as {
      runJobsBackendContractTests: (make: () => JobsBackend, runner: object) => void;
    };
    const tests: [string, () => Promise<void>][] = [];
    let number = 0;
    runJobsBackendContractTests(() => replica(`contract-${(number += 1)}`).backend, {
      describe: (_title: string, define: () => void) => define(),
      it: (title: string, run: () => Promise<void>) => tests.push([title, run]),
    });
    expect(tests.length).toBeGreaterThan(5);
    for (const [title, run] of tests) await expect(run(), title).resolves.toBeUndefined();
    await database.change("DELETE FROM replicas_jobs");
  });

  test("go to exactly one of many who look at the same time", async () => {
    const sides = Array.from({ length: 8 }, (_, index) => new JobRows(server.again("jobs"), `side-${index}`));
    for (let job = 0; job < 20; job += 1) {
      const id = randomUUID();
      await sides[0]!.offer({ id, type: "raced", payload: `{"job":${job}}`, queue: "default" });
      const claims = await Promise.all(sides.map((side) => side.claim(id)));
      expect(claims.filter((payload) => payload !== undefined)).toEqual([`{"job":${job}}`]);
    }
    await database.change("DELETE FROM replicas_jobs");
  });

  test("run at once where they were accepted, and leave no row", async () => {
    const { backend } = replica("one");
    const delivered = vi.fn<() => Promise<void>>(async () => {});
    await backend.start({ processor: delivered });
    await backend.enqueue({ type: "test-job", payload: "{}" });
    await vi.waitFor(() => expect(delivered).toHaveBeenCalledOnce());
    await vi.waitFor(async () => expect(await rowsOf("test-job")).toEqual([]));
    await backend.shutdown();
  });

  test("of a replica that is gone are done by another one; those of a type it does not know are not", async () => {
    const gone = new JobRows(database, "gone");
    await gone.add({ id: randomUUID(), type: "test-job", payload: '{"a":1}', queue: "undeclared" });
    await gone.add({ id: randomUUID(), type: "of-a-newer-ghost", payload: "{}", queue: "default" });
    await database.change("UPDATE replicas_jobs SET lease_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND");
    const { backend, jobs } = replica("two");
    const delivered = vi.fn<() => Promise<void>>(async () => {});
    await backend.start({ processor: delivered });
    jobs.start();
    await vi.waitFor(
      () => expect(delivered).toHaveBeenCalledExactlyOnceWith({ type: "test-job", payload: '{"a":1}' }),
      5000,
    );
    await vi.waitFor(async () => expect(await rowsOf("test-job")).toEqual([]));
    expect(await rowsOf("of-a-newer-ghost")).toMatchObject([{ holder: "gone", attempts: 0 }]);
    await backend.shutdown();
    await database.change("DELETE FROM replicas_jobs");
  });

  test("are given back by a replica that leaves, waiting ones at once and running ones at the end of the time", async () => {
    const { backend, jobs } = replica("leaving");
    const forever = vi.fn<() => Promise<void>>(() => new Promise(() => {}));
    await backend.start({ processor: forever, queues: { one: { concurrency: 1 } } });
    for (let job = 0; job < 3; job += 1) await backend.enqueue({ type: "slow", payload: "{}" }, { queue: "one" });
    await vi.waitFor(() => expect(forever).toHaveBeenCalledOnce());
    await jobs.release();
    const open = async () => (await rowsOf("slow")).filter(({ holder }) => holder === null).length;
    expect(await open()).toBe(2);
    // what is accepted while the replica leaves is another one's
    await backend.enqueue({ type: "slow", payload: "{}" }, { queue: "one" });
    expect(await open()).toBe(3);
    await backend.shutdown({ timeoutMs: 50 });
    expect(await rowsOf("slow")).toMatchObject(Array.from({ length: 4 }, () => ({ holder: null, attempts: 0 })));
    await database.change("DELETE FROM replicas_jobs");
  });

  test("are not begun by a replica that has lost them, and are given up after too many attempts", async () => {
    const [id, type] = [randomUUID(), "test-job"];
    const slow = new JobRows(database, "slow");
    await slow.add({ id, type, payload: "{}", queue: "default" });
    await database.change("UPDATE replicas_jobs SET lease_until = UTC_TIMESTAMP(3)");
    const fast = new JobRows(database, "fast");
    expect(await fast.claim(id)).toBe("{}");
    expect(await slow.begin(id)).toBe(false);
    expect(await slow.prolong([id])).toEqual([id]);
    expect(await slow.remove(id)).toBe(false);
    await slow.giveBack([id], "not begun");
    expect(await rowsOf(type)).toMatchObject([{ holder: "fast" }]);
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) expect(await fast.begin(id)).toBe(true);
    await database.change("UPDATE replicas_jobs SET lease_until = UTC_TIMESTAMP(3)");

    const { backend, jobs, surroundings } = replica("three");
    const delivered = vi.fn<() => Promise<void>>(async () => {});
    await backend.start({ processor: delivered });
    jobs.start();
    await vi.waitFor(async () => expect(await rowsOf(type)).toMatchObject([{ lease_until: null }]), 5000);
    expect((await surroundings.metrics.deeds.get()).values).toMatchObject([
      { labels: { deed: "job", outcome: "given up" }, value: 1 },
    ]);
    expect(delivered).not.toHaveBeenCalled();
    expect(await jobs.has(type, () => true)).toBe(false);
    await backend.shutdown();
    await database.change("DELETE FROM replicas_jobs");
  });

  test("can be asked for by any replica", async () => {
    const { jobs } = replica("asking");
    const id = randomUUID();
    await new JobRows(database, "x").add({ id, type: "send-email", payload: '{"emailId":"e1"}', queue: "email" });
    expect(await jobs.has("send-email", ({ emailId }) => emailId === "e1")).toBe(true);
    expect(await jobs.has("send-email", ({ emailId }) => emailId === "e2")).toBe(false);
    expect(await jobs.has("other", () => true)).toBe(false);
    await database.change("DELETE FROM replicas_jobs");
  });

  describe("that come again", () => {
    test("keep the time that was named first, until another version wants another period", async () => {
      const [one, two, three] = [recurringOf("one"), recurringOf("two"), recurringOf("three")];
      await one.recurring.want(daily("nightly", "1 2 3 * * *"));
      const first = await schedule("nightly");
      expect(first).toEqual({ cron: "1 2 3 * * *", next_at: nextTime(server.ghost, "1 2 3 * * *", new Date()) });
      await two.recurring.want(daily("nightly", "4 5 6 * * *"));
      expect(await schedule("nightly")).toEqual(first);
      await three.recurring.want(daily("nightly", "4 */6 * * *"));
      expect((await schedule("nightly"))?.cron).toBe("4 */6 * * *");
    });

    test("come once for each tick with many replicas, once for many that were missed, and only by the leader", async () => {
      const sides = ["a", "b", "c"].map((id) => recurringOf(id));
      for (const { recurring } of sides) await recurring.want(daily("often", "* * * * * *"));
      await database.change(
        "UPDATE replicas_recurring SET next_at = UTC_TIMESTAMP(3) - INTERVAL 1 HOUR WHERE type = 'often'",
      );
      for (const { recurring } of sides) recurring.start();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(await rowsOf("often")).toEqual([]);

      for (const { leadership } of sides) leadership.start();
      const began = performance.now();
      await vi.waitFor(async () => expect((await rowsOf("often")).length).toBeGreaterThanOrEqual(3), 8000);
      await Promise.all(sides.map(({ recurring, leadership }) => Promise.all([recurring.stop(), leadership.stop()])));
      const seconds = (performance.now() - began) / 1000;
      expect((await rowsOf("often")).length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
      await database.change("DELETE FROM replicas_jobs");
    });

    test("are not turned into a job by a leader that has lost its lease", async () => {
      const { recurring, leadership } = recurringOf("hung");
      await recurring.want(daily("fenced", "* * * * * *"));
      await leadership.look();
      expect(leadership.held).toBe(true);
      await database.change("UPDATE replicas_leases SET holder = 'other' WHERE name = 'leader'");
      await new Promise((resolve) => setTimeout(resolve, 1100));
      recurring.start();
      await recurring.stop();
      expect(await rowsOf("fenced")).toEqual([]);
      await database.change("DELETE FROM replicas_leases");
    });

    test("are noted again after a backup without them was restored", async () => {
      const { recurring, leadership } = recurringOf("restored");
      await recurring.want(daily("lost", "1 2 3 * * *"));
      await leadership.look();
      await database.change("DELETE FROM replicas_recurring");
      recurring.start();
      await vi.waitFor(async () => expect(await schedule("lost")).toBeDefined(), 5000);
      await recurring.stop();
      await leadership.stop();
    });
  });
});
