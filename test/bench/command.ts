import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Need } from "../needs.ts";
import { thisMachine, type Machine } from "./report/machine.ts";
import { writeResults, type Part } from "./report/results-files.ts";
import type { Row } from "./row.ts";

export interface Measured {
  readonly rows: Row[];
  readonly machine: Machine;
  readonly date: Date;
  /** What makes these results again. */
  readonly command: string;
}

/** A bench that is run whole or quickly, and writes one part of the results. */
export interface Bench<Amount> {
  readonly part: Part;
  /** What `--help` says above the options. */
  readonly about: string;
  readonly needs: readonly Need[];
  /** How much is measured. */
  readonly whole: Amount;
  /** Enough to see that it works. */
  readonly quick: Amount;
  measure(amount: Amount, progress: (line: string) => void): Promise<Row[]>;
  /** The part of RESULTS.md. */
  section(measured: Measured): string;
}

/** The whole life of the program of a bench. */
export function runBench<Amount>(bench: Bench<Amount>): Promise<never> {
  // Ctrl-C, or the end of the program that started this one; what it has started ends with it
  for (const end of ["SIGINT", "SIGTERM", "disconnect"]) process.once(end, () => process.exit(130));
  process.channel?.unref();
  return ending(() => run(bench));
}

/** Connections that are kept alive must not hold the program. */
export async function ending(main: () => Promise<number>): Promise<never> {
  const code = await main().catch((error: unknown) => {
    progress(error instanceof Error ? error.message : String(error));
    return 1;
  });
  process.exit(code);
}

export const progress = (line: string) => void process.stderr.write(`${line}\n`);

async function run<Amount>({ part, about, needs, whole, quick, measure, section }: Bench<Amount>): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      out: { type: "string", default: import.meta.dirname },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(helpOf(part, about));
    return 0;
  }
  const lacking = needs.filter(({ met }) => !met).map(({ name }) => name);
  if (lacking.length > 0) {
    throw new Error(
      `The bench needs ${lacking.join(", ")}, which this machine has not. Nothing was measured, and earlier results ` +
        "are as they were. Install or start it, then run the bench again.",
    );
  }
  const rows = await measure(values.quick ? quick : whole, progress);
  const command = `npm run bench:${part}${values.quick ? " -- --quick" : ""}`;
  const text = section({ rows, machine: thisMachine(), date: new Date(), command });
  if (values.quick) process.stdout.write(`${text}\n`);
  else await writeResults(resolve(values.out), part, text, rows);
  return 0;
}

function helpOf(part: Part, about: string): string {
  return `${about}

Usage: npm run bench:${part} -- [options]

  --quick         a few runs, to see that it works; prints its report and writes nothing
  --out <folder>  where results.json and RESULTS.md are
  --help

It writes its part of test/bench/RESULTS.md and results.json.
`;
}
