import type { Output } from "../io.ts";
import type { Paint } from "../paint.ts";
import { groupEqual, prefixWarning, settingLines } from "../settings/settings-report.ts";
import type { FeatureSettings, Settings } from "../settings/settings.ts";
import type { Finding, Status } from "./finding.ts";

const COLOURS = { ok: "green", warn: "yellow", failed: "red", skipped: "dim" } as const satisfies Record<
  Status,
  string
>;

const NAME_WIDTH = 26;
const OPTION_WIDTH = 30;
const VALUE_WIDTH = 44;

/** The configuration as Ghost will see it, and what is strange about it. */
export function printSettings({ features, local }: Settings, output: Output, paint: Paint): void {
  for (const group of groupEqual(features)) {
    output.write(`${paint("bold", `Configuration of ${namesOf(group)}`)}\n`);
    for (const { option, value, from, isDefault } of settingLines(group[0] as FeatureSettings)) {
      const shown = option === "staticFileURLPrefix" ? prefixesOf(group) : value;
      const line = `  ${option.padEnd(OPTION_WIDTH)} ${shown.padEnd(VALUE_WIDTH)} ${from}`;
      output.write(`${isDefault ? paint("dim", line) : line}\n`);
    }
    output.write("\n");
  }
  for (const warning of warningsOf({ features, local })) output.write(`${paint("yellow", "warn")}  ${warning}\n\n`);
}

/** What the configuration alone tells. */
export function warningsOf({ features, local }: Pick<Settings, "features" | "local">): string[] {
  return [
    ...local.map(
      ({ feature, adapter }) =>
        `Ghost keeps ${feature} on its own disk (${adapter ?? "no adapter"}): they are lost with the pod. Name an adapter for storage.${feature} to change it.`,
    ),
    ...features.flatMap((feature) => prefixWarning(feature) ?? []),
  ];
}

export const namesOf = (group: readonly FeatureSettings[]): string => group.map(({ feature }) => feature).join(", ");

const prefixesOf = (group: readonly FeatureSettings[]): string =>
  [...new Set(group.map(({ options }) => options.staticFileURLPrefix))].join(", ");

/** One line a step; more where something is wrong. */
export function printFinding(finding: Finding, output: Output, paint: Paint): void {
  const { step, status, ms, shows, without, note, permission, help } = finding;
  const time = status === "skipped" ? "" : `${ms} ms`;
  const head = `${paint(COLOURS[status], status.padEnd(7))} ${step.padEnd(NAME_WIDTH)} ${time.padStart(8)}  ${shows}`;
  const more =
    status === "ok"
      ? [note]
      : [
          note,
          status !== "skipped" && `Without it: ${without}.`,
          permission && `Missing permission: ${permission}. A complete policy: storage-s3 doctor --policy`,
          help && `Next: ${help}`,
        ];
  output.write(`${head}\n`);
  for (const line of more) if (line) output.write(`${" ".repeat(8)}${line}\n`);
}
