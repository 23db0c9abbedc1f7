import type { Trial } from "./trial.ts";

/** One thing that Ghost will ask of the store. */
export interface Step {
  readonly name: string;
  /** S3 operation, by which the missing permission is found. */
  readonly operation: string;
  readonly shows: string;
  /** What Ghost cannot do without it. */
  readonly without: string;
  /** Steps that must have gone well before. */
  readonly needs: readonly string[];
  /** @returns a remark; throws what went wrong, a Concern when Ghost can live with it */
  readonly attempt: (trial: Trial) => Promise<string | undefined | void>;
}
