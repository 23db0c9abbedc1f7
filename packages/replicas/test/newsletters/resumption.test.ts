import { performance } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Resumption } from "../../src/newsletters/resumption.ts";
import { leaseName } from "../../src/newsletters/sender.ts";
import type { Leadership } from "../../src/deeds/leadership.ts";
import { fakeSurroundings } from "./fakes.ts";

function setUp(emails: Record<string, string>) {
  const scheduled: string[] = [];
  const jobs = new Set<string>();
  const leader = { held: true };
  class BatchSendingService {
    scheduleEmail({ id }: { id: string }) {
      scheduled.push(id);
    }
  }
  const batches = new BatchSendingService();
  class EmailService {
    // as Ghost: all that is neither sent nor failed
    async resumeInterruptedSends() {
      for (const id of Object.keys(emails)) {
        emails[id] = "pending";
        await batches.scheduleEmail({ id });
      }
    }
  }
  const service = new EmailService();
  const { surroundings, leases } = fakeSurroundings(
    { batchSending: BatchSendingService, emailService: EmailService, emailServiceWrapper: { service } },
    { database: { rows: async () => Object.entries(emails).map(([id, status]) => ({ id, status })) } },
  );
  const leadership = {
    get held() {
      return leader.held;
    },
    confirm: async () => leader.held,
    onGained: () => {},
  } as unknown as Leadership;
  const resumption = new Resumption(surroundings, leadership, async (id) => jobs.has(id));
  resumption.install();
  return { resumption, service, batches, scheduled, jobs, leader, leases };
}

describe("the resumption of newsletters", () => {
  let now = 0;
  const pass = (ms: number): void => void (now += ms);

  beforeEach(() => {
    now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
  });
  afterEach(() => vi.restoreAllMocks());

  test("does nothing when Ghost boots", async () => {
    const { service, scheduled } = setUp({ a: "submitting" });
    await service.resumeInterruptedSends();
    expect(scheduled).toEqual([]);
  });

  test("is the leader's", async () => {
    const { resumption, scheduled, leader } = setUp({ a: "submitting" });
    leader.held = false;
    await resumption.look();
    expect(scheduled).toEqual([]);
    leader.held = true;
    await resumption.look();
    expect(scheduled).toEqual(["a"]);
  });

  test("leaves alone what is worked on and what has a job", async () => {
    const { resumption, scheduled, jobs, leases } = setUp({ a: "submitting", b: "submitting", c: "submitting" });
    leases.lose(leaseName("a"));
    jobs.add("b");
    await resumption.look();
    expect(scheduled).toEqual(["c"]);
  });

  test("gives a new e-mail the time to get its job", async () => {
    const { resumption, scheduled } = setUp({ a: "pending" });
    await resumption.look();
    pass(9000);
    await resumption.look();
    expect(scheduled).toEqual([]);
    pass(1000);
    await resumption.look();
    expect(scheduled).toEqual(["a"]);
  });

  test("schedules nothing twice while it waits in this process's memory, but not for ever", async () => {
    const { resumption, scheduled } = setUp({ a: "submitting" });
    await resumption.look();
    for (let second = 0; second < 60; second += 5) {
      pass(4999);
      await resumption.look();
    }
    expect(scheduled).toEqual(["a"]);
    pass(1000);
    await resumption.look();
    expect(scheduled).toEqual(["a", "a"]);
  });

  test("is not in the way of a newsletter that somebody sends", () => {
    const { batches, scheduled } = setUp({});
    batches.scheduleEmail({ id: "new" });
    expect(scheduled).toEqual(["new"]);
  });
});
