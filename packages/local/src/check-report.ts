import { performance } from "node:perf_hooks";
import type { Step } from "./check.ts";
import { explain } from "./failure.ts";
import { styled, type Io } from "./io.ts";

/** Prints a line a step, and what was wrong with the one that failed. */
export class CheckReport {
  private readonly io: Io;
  private readonly json: boolean;
  private readonly begun = performance.now();
  private passed = 0;

  constructor(io: Io, json: boolean) {
    this.io = io;
    this.json = json;
  }

  readonly step: Step = async (title, work, remark) => {
    this.io.signal.throwIfAborted();
    const begun = performance.now();
    try {
      const result = await work();
      this.passed += 1;
      this.line("ok", title, begun, remark?.(result));
      return result;
    } catch (error) {
      if (!this.io.signal.aborted) this.line("failed", title, begun);
      throw error;
    }
  };

  succeeded(): void {
    const seconds = this.seconds(this.begun);
    if (this.json) this.write({ result: "ok", steps: this.passed, seconds });
    else
      this.io.stdout.write(
        `\n${styled("green", `All ${this.passed} steps passed`, this.io.stdout)} in ${seconds} s.\n`,
      );
  }

  failed(error: unknown): void {
    const lines = explain(error);
    if (this.json)
      this.write({ result: "failed", steps: this.passed, seconds: this.seconds(this.begun), error: lines });
    else this.io.stderr.write(`\n${lines.join("\n")}\n`);
  }

  private line(outcome: "ok" | "failed", step: string, begun: number, remark?: string): void {
    const seconds = this.seconds(begun);
    if (this.json) return this.write({ step, outcome, seconds, ...(remark && { remark }) });
    const mark = styled(outcome === "ok" ? "green" : "red", outcome.padEnd(6), this.io.stdout);
    const note = remark ? styled("dim", ` (${remark})`, this.io.stdout) : "";
    this.io.stdout.write(`${mark} ${seconds.toFixed(2).padStart(6)} s  ${step}${note}\n`);
  }

  private seconds(since: number): number {
    return Math.round((performance.now() - since) / 10) / 100;
  }

  private write(record: object): void {
    this.io.stdout.write(`${JSON.stringify(record)}\n`);
  }
}
