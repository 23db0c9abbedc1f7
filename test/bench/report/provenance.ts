import type { Machine } from "./machine.ts";

export interface Provenance {
  readonly machine: Machine;
  readonly date: Date;
  /** What makes these results again. */
  readonly command: string;
}

/** Where, when and by what something was measured, as a list; beside what else, in its middle. */
export function provenance({ machine, date, command }: Provenance, ...beside: string[]): string {
  return [
    `- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB memory, ${machine.system}`,
    ...beside.map((line) => `- ${line}`),
    `- Measured on ${date.toISOString().slice(0, 10)} by \`${command}\`; the figure of every run is in [results.json](results.json)`,
  ].join("\n");
}
