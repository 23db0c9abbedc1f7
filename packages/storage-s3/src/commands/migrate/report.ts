import { count, formatBytes } from "../amounts.ts";
import type { Output } from "../io.ts";
import type { Paint } from "../paint.ts";
import type { Amount } from "../progress.ts";
import type { Problem, Summary } from "./summary.ts";

/** So many problems are shown; all of them with --json. */
const SHOWN = 20;

const LABEL_WIDTH = 16;

const amount = ({ files, bytes }: Amount): string => `${count(files, "file")}, ${formatBytes(bytes)}`;

export function printSummary(summary: Summary, dryRun: boolean, output: Output, paint: Paint): void {
  const line = (label: string, text: string): void => output.write(`  ${label.padEnd(LABEL_WIDTH)} ${text}\n`);
  line(dryRun ? "to copy" : "copied", amount(summary.copied));
  if (summary.replaced.files > 0) line(dryRun ? "to replace" : "replaced", amount(summary.replaced));
  line("already there", amount(summary.present));
  const { dotFiles, sizes } = summary.skipped;
  if (sizes > 0) line("left out", `${count(sizes, "image size")}: Ghost makes them again when they are asked for`);
  if (dotFiles > 0) line("left out", count(dotFiles, "hidden file"));
  printProblems("warning", summary.warnings, output, (text) => paint("yellow", text));
  printProblems("conflict", summary.conflicts, output, (text) => paint("yellow", text));
  printProblems("failed", summary.failed, output, (text) => paint("red", text));
  if (summary.conflicts.length > 0) {
    output.write("\n  Nothing of the conflicts was changed; --overwrite replaces what the bucket holds.\n");
  }
}

function printProblems(
  label: string,
  problems: readonly Problem[],
  output: Output,
  paint: (text: string) => string,
): void {
  for (const { feature, path, reason } of problems.slice(0, SHOWN)) {
    output.write(`  ${paint(label.padEnd(LABEL_WIDTH))} ${feature}/${path}: ${reason}\n`);
  }
  if (problems.length > SHOWN)
    output.write(`  ${"".padEnd(LABEL_WIDTH)} and ${problems.length - SHOWN} more: --json\n`);
}
