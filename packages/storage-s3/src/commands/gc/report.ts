import { count, formatBytes } from "../amounts.ts";
import type { Output } from "../io.ts";
import type { Paint } from "../paint.ts";
import type { Removal } from "./removal.ts";
import type { StoredObject } from "./stored-object.ts";
import type { Verdict } from "./verdict.ts";

/** What gc found out. */
export interface Findings {
  readonly objects: readonly StoredObject[];
  readonly sources: readonly string[];
  readonly verdict: Verdict;
}

const WIDTH = 12;

export const bytesOf = (objects: readonly StoredObject[]): number => objects.reduce((sum, { size }) => sum + size, 0);

/** A line an object that nobody names, and why the others stay. */
export function printFindings({ objects, sources, verdict }: Findings, output: Output, paint: Paint): void {
  const { orphans, stay } = verdict;
  for (const { key, size, modified } of orphans) {
    output.write(`${formatBytes(size).padStart(WIDTH)}  ${modified?.toISOString().slice(0, 10) ?? ""}  ${key}\n`);
  }
  if (orphans.length > 0) output.write("\n");
  const line = (number: number, text: string): void => {
    if (number > 0) output.write(`${String(number).padStart(WIDTH)}  ${text}\n`);
  };
  output.write(`${paint("bold", `${count(objects.length, "object")}, ${formatBytes(bytesOf(objects))}`)}\n`);
  line(stay.named, `stay: named in ${sources.join(", ")}`);
  line(stay.young, "stay: too young");
  line(stay.kept, "stay: kept by --keep");
  line(stay.unknown, "stay: not in a folder that Ghost makes");
  line(orphans.length, `${paint("yellow", "named nowhere")}, ${formatBytes(bytesOf(orphans))}`);
}

export const toJson = ({ objects, sources, verdict }: Findings, removal: Removal | undefined): object => ({
  dryRun: removal === undefined,
  sources,
  objects: objects.length,
  bytes: bytesOf(objects),
  stay: verdict.stay,
  orphans: verdict.orphans.map(({ store, key, size, modified }) => ({ bucket: store.bucket, key, size, modified })),
  orphanBytes: bytesOf(verdict.orphans),
  ...(removal && {
    deleted: removal.deleted.length,
    deletedBytes: bytesOf(removal.deleted),
    failed: removal.failed,
  }),
});
