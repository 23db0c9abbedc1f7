import { describe, expect, test } from "vitest";
import { HeldJobs } from "../../src/jobs/held-jobs.ts";

const row = (id: string, queue = "default") => ({ id, type: "a", payload: "{}", queue });

describe("the jobs that are held", () => {
  test("leave room in a lane until it is full, and those that are done take none", () => {
    const held = new HeldJobs();
    held.setLanes({ email: { concurrency: 1 } });
    expect(held.hasRoom("email")).toBe(true);
    const job = held.add(row("1", "email"));
    expect(held.hasRoom("email")).toBe(false);
    expect(held.busyQueues()).toEqual(["email"]);
    job.state = "done";
    expect(held.hasRoom("email")).toBe(true);
    expect(held.busyQueues()).toEqual([]);
  });

  test("may be three at a time in a lane that says nothing else, as in Ghost", () => {
    const held = new HeldJobs();
    held.setLanes({});
    for (const id of ["1", "2", "3"]) {
      expect(held.hasRoom("undeclared")).toBe(true);
      held.add(row(id, "undeclared"));
    }
    expect(held.hasRoom("undeclared")).toBe(false);
  });

  test("are waited for until there is none", async () => {
    const held = new HeldJobs();
    await held.empty();
    held.add(row("1"));
    held.add(row("2"));
    let empty = false;
    const over = held.empty().then(() => (empty = true));
    held.delete("1");
    await Promise.resolve();
    expect(empty).toBe(false);
    held.delete("2");
    await over;
    expect(empty).toBe(true);
  });
});
