import { Failure, reasonOf } from "../failure.ts";
import { failed } from "./failed.ts";
import type { Step } from "./report.ts";

/**
 * Undoes one thing, whether it was done or not.
 * @param sound whether the check has passed so far: then what was undone is looked for on every replica
 */
export type Undoing = (sound: boolean) => Promise<string>;

/** What has to be undone, whatever happens: noted before it is done. */
export class Undo {
  readonly #tasks: { title: string; undo: Undoing }[] = [];

  note(title: string, undo: Undoing): void {
    this.#tasks.push({ title, undo });
  }

  /** Undoes all, the last first; one that fails does not keep the others from it. */
  async run(step: Step, sound: boolean): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (const { title, undo } of this.#tasks.splice(0).toReversed()) {
      const well = sound && errors.length === 0;
      await step(
        title,
        () => undo(well),
        (remark) => remark,
      ).catch((error: unknown) => errors.push(error instanceof Failure ? error : left(title, error)));
    }
    return errors;
  }
}

function left(title: string, error: unknown): Failure {
  return failed(
    `This check could not ${title}: ${reasonOf(error)}`,
    "It stays until another check removes it.",
    "Look whether MySQL and the bucket answer, then check again.",
  );
}
