/** A view that could not be made as it is meant to be, with the settings of its session before it. */
interface OpenView {
  readonly before: readonly string[];
  readonly statement: string;
}

const FINAL_VIEW = /^\/\*!50001 CREATE ALGORITHM=/;

/** A setting, or the removal of the stand-in that mysqldump makes first. */
const BEFORE = /^(?:\/\*!\d+ )?SET |^\/\*!50001 DROP VIEW /;

export const isFinalView = (head: string): boolean => FINAL_VIEW.test(head);

/**
 * mysqldump writes views in the order of their names. One that looks into a later one meets its stand-in, a view of
 * constants: WITH CHECK OPTION is then refused, and ALGORITHM=MERGE is changed with no more than a warning. Such views
 * are made again when the others are there, until nothing gets better.
 */
export class FinalViews {
  readonly #execute: (statement: string) => Promise<number>;
  #before: string[] = [];
  #open: OpenView[] = [];

  /** @param execute answers with the number of warnings */
  constructor(execute: (statement: string) => Promise<number>) {
    this.#execute = execute;
  }

  /** Every other statement that ran. */
  passed(statement: string): void {
    if (BEFORE.test(statement)) this.#before.push(statement);
    else this.#before = [];
  }

  async make(statement: string): Promise<void> {
    const view = { before: this.#before, statement };
    if ((await this.#try(view, false)) !== undefined) this.#open.push(view);
  }

  /** @throws what the server says of a view that cannot be made at all */
  async finish(): Promise<void> {
    for (let last = Infinity; this.#open.length > 0 && this.#open.length < last;) {
      last = this.#open.length;
      const still: OpenView[] = [];
      for (const view of this.#open) if ((await this.#try(view, true)) !== undefined) still.push(view);
      this.#open = still;
    }
    for (const view of this.#open) {
      const trouble = await this.#try(view, true);
      if (trouble instanceof Error) throw trouble;
    }
  }

  /** @returns undefined when it was made without a warning */
  async #try({ before, statement }: OpenView, again: boolean): Promise<unknown> {
    try {
      if (again) for (const one of before) await this.#execute(one);
      return (await this.#execute(statement)) > 0 ? "warned" : undefined;
    } catch (error) {
      return error;
    }
  }
}
