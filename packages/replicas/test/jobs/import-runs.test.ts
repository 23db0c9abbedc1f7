import { expect, test } from "vitest";
import type { Ghost } from "../../src/ghost/ghost.ts";
import { ImportRuns } from "../../src/jobs/import-runs.ts";

/** As Ghost's: knows only the runs that were created in this process. */
function storeClass() {
  return class ImportRunStore {
    readonly runs = new Map<string, { total: number; sourceColumns: string[]; rows: object[]; status: string }>();
    create(id: string, total: number, sourceColumns: string[] = []) {
      const run = { total, sourceColumns, rows: [], status: "running" };
      this.runs.set(id, run);
      return run;
    }
    record(id: string, outcome: object) {
      this.runs.get(id)?.rows.push(outcome);
    }
    finish(id: string) {
      Object.assign(this.runs.get(id) ?? {}, { status: "complete" });
    }
    fail(id: string, _reason: string) {
      Object.assign(this.runs.get(id) ?? {}, { status: "failed" });
    }
    get(id: string) {
      return this.runs.get(id);
    }
  };
}

function setUp() {
  const ImportRunStore = storeClass();
  const runs = new ImportRuns();
  runs.install({ use: () => ({ ImportRunStore }) } as unknown as Ghost);
  return { runs, store: new ImportRunStore() };
}

const job = { type: "content-csv-import", payload: JSON.stringify({ importId: "one" }) };

test("a run of another process is recorded here while its job is here, with its rows and columns", async () => {
  const { runs, store } = setUp();
  await runs.during(job, async () => {
    store.record("one", { source: { title: "a" } });
    store.record("one", { source: { title: "b", tags: "c" } });
    store.finish("one");
    expect(store.get("one")).toMatchObject({ total: 2, sourceColumns: ["title", "tags"], status: "complete" });
  });
});

test("a run that fails before its first row still has a report to send", async () => {
  const { runs, store } = setUp();
  await runs.during(job, async () => {
    store.fail("one", "unreadable");
    expect(store.get("one")).toMatchObject({ total: 0, status: "failed" });
  });
});

test("a run of this process stays as Ghost made it", async () => {
  const { runs, store } = setUp();
  store.create("one", 7, ["title"]);
  await runs.during(job, async () => store.record("one", { source: { other: 1 } }));
  expect(store.get("one")).toMatchObject({ total: 7, sourceColumns: ["title"] });
});

test("nothing is made up for a run that is not here", () => {
  const { store } = setUp();
  store.record("two", {});
  expect(store.get("two")).toBeUndefined();
});
