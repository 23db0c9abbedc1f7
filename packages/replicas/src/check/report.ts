import { performance } from "node:perf_hooks";
import { Failure, reasonOf } from "../failure.ts";
import { counted } from "./counted.ts";

/** Does a step and tells of it; the remark says what came out. */
export type Step = <Result>(
  title: string,
  work: () => Promise<Result>,
  remark?: (result: Result) => string,
) => Promise<Result>;

interface Line {
  readonly step: string;
  readonly outcome: "ok" | "FAILED";
  readonly seconds: number;
  readonly remark?: string;
}

/** Prints a line a step as it is done, and at the end what was wrong; as JSON all of it at the end. */
export class Report {
  readonly #lines: Line[] = [];
  readonly #began = performance.now();
  readonly #write: ((text: string) => void) | undefined;

  /** @param write takes the lines; left out when JSON is wanted */
  constructor(write?: (text: string) => void) {
    this.#write = write;
  }

  readonly step: Step = async (title, work, remark) => {
    const began = performance.now();
    try {
      const result = await work();
      this.#add("ok", title, began, remark?.(result));
      return result;
    } catch (error) {
      this.#add("FAILED", title, began);
      throw error;
    }
  };

  /** @param errors the one that ended the check first, then those of the cleaning up */
  text(errors: readonly unknown[]): string {
    const passed = this.#lines.filter(({ outcome }) => outcome === "ok").length;
    const seconds = secondsSince(this.#began).toFixed(2);
    if (errors.length === 0) return `\nAll ${passed} steps passed in ${seconds} s.\n`;
    const why = errors.map((error) => `\n${Object.values(explain(error)).join("\n")}\n`).join("");
    return `${why}\n${counted(passed, "step")} passed and ${this.#lines.length - passed} failed in ${seconds} s.\n`;
  }

  json(errors: readonly unknown[]): string {
    const result = errors.length === 0 ? "ok" : "failed";
    const report = { result, seconds: secondsSince(this.#began), steps: this.#lines, errors: errors.map(explain) };
    return `${JSON.stringify(report)}\n`;
  }

  #add(outcome: Line["outcome"], step: string, began: number, remark?: string): void {
    const seconds = secondsSince(began);
    this.#lines.push({ step, outcome, seconds, ...(remark && { remark }) });
    this.#write?.(`${outcome.padEnd(6)} ${seconds.toFixed(2).padStart(6)} s  ${step}${remark ? ` (${remark})` : ""}\n`);
  }
}

function secondsSince(began: number): number {
  return Math.round((performance.now() - began) / 10) / 100;
}

function explain(error: unknown): { cause: string; effect: string; next: string } {
  if (error instanceof Failure) return { cause: error.message, effect: error.effect, next: error.next };
  return {
    cause: reasonOf(error),
    effect: "The check could not go on; whether the blog works is not known.",
    next: "Look at the logs of the replicas and of MySQL, then check again.",
  };
}
