import type { Ghost } from "../ghost/ghost.ts";
import type { JobEnvelope } from "../ghost/modules.ts";

const TYPE = "content-csv-import";

interface ImportRun {
  total: number;
  sourceColumns: string[];
  rows: { source?: Record<string, unknown> }[];
}

interface RunStore {
  create(id: string, total: number): ImportRun;
  get(id: string): ImportRun | undefined;
}

type Method = (this: RunStore, id: string, ...rest: unknown[]) => unknown;

/**
 * Ghost keeps the report of a content import in the memory of the process that took the file. In another process it
 * would record nothing and send no completion e-mail; here a run that the process does not know is made when its job
 * arrives, and learns the number of rows and their columns from the rows.
 */
export class ImportRuns {
  readonly #here = new Set<string>();
  readonly #adopted = new WeakSet<ImportRun>();

  install(ghost: Ghost): void {
    const prototype = ghost.use("importRuns").ImportRunStore.prototype as unknown as Record<string, Method>;
    const find = prototype.get as (this: RunStore, id: string) => ImportRun | undefined;
    const adopt = (store: RunStore, id: string): void => {
      if (this.#here.has(id) && !find.call(store, id)) this.#adopted.add(store.create(id, 0));
    };
    const learn = (run: ImportRun | undefined): void => this.#learn(run);
    for (const name of ["record", "finish", "fail", "get"]) {
      const original = prototype[name]!;
      prototype[name] = function inThisProcess(id, ...rest) {
        adopt(this, id);
        const result = original.call(this, id, ...rest);
        if (name === "record") learn(find.call(this, id));
        return result;
      };
    }
  }

  /** While a job is worked on here. */
  async during<Result>({ type, payload }: JobEnvelope, work: () => Promise<Result>): Promise<Result> {
    if (type !== TYPE) return work();
    const { importId } = JSON.parse(payload) as { importId: string };
    this.#here.add(importId);
    try {
      return await work();
    } finally {
      this.#here.delete(importId);
    }
  }

  #learn(run: ImportRun | undefined): void {
    if (!run || !this.#adopted.has(run)) return;
    run.total = run.rows.length;
    run.sourceColumns = [...new Set([...run.sourceColumns, ...Object.keys(run.rows.at(-1)?.source ?? {})])];
  }
}
