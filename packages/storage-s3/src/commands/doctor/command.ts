import { Command } from "commander";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { Io } from "../io.ts";
import { painter } from "../paint.ts";
import { Progress } from "../progress.ts";
import { addSettingsFlags, type SettingsFlags } from "../settings/flags.ts";
import { settingLines } from "../settings/settings-report.ts";
import { resolveSettings, type FeatureSettings, type Settings } from "../settings/settings.ts";
import { cleanUp, examine } from "./examination.ts";
import type { Finding } from "./finding.ts";
import { leastPrivilege } from "./policy.ts";
import { namesOf, printFinding, printSettings, warningsOf } from "./report.ts";
import { Trial } from "./trial.ts";

interface DoctorFlags extends SettingsFlags {
  readonly policy?: boolean;
}

export function doctorCommand(io: Io, ending: (code: ExitCode) => void): Command {
  const command = new Command("doctor")
    .description("Tries on the real bucket all that Ghost will ask of it, and says what is missing.")
    .option("--policy", "print the smallest IAM policy that is enough, and try nothing")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: DoctorFlags) => ending(await doctor(flags, io)));
  return addSettingsFlags(command);
}

const EXAMPLES = `
Writes a few objects below .storage-s3/ (and, with a CDN, one below content/ and private/) and removes them again.

Examples:
  storage-s3 doctor
  storage-s3 doctor --config /var/lib/ghost/config.production.json
  storage-s3 doctor --bucket blog --endpoint http://127.0.0.1:9000
  storage-s3 doctor --policy > policy.json`;

/** One examination for all features that share a bucket and the way to it. */
interface Result {
  readonly group: readonly FeatureSettings[];
  readonly findings: readonly Finding[];
}

async function doctor(flags: DoctorFlags, io: Io): Promise<ExitCode> {
  const settings = resolveSettings(flags, io);
  if (flags.policy) {
    io.stdout.write(`${JSON.stringify(leastPrivilege(settings.features.map(({ options }) => options)), null, 2)}\n`);
    return EXIT.ok;
  }
  const paint = painter(io.stdout, io.env);
  if (!flags.json) printSettings(settings, io.stdout, paint);
  const results: Result[] = [];
  for (const group of groupByTarget(settings.features)) {
    const [{ options }] = group;
    if (!flags.json) io.stdout.write(`${paint("bold", `Bucket ${options.bucket}`)} (${namesOf(group)})\n`);
    const findings = await findingsOf(group[0], io, (finding) => {
      if (!flags.json) printFinding(finding, io.stdout, paint);
    });
    results.push({ group, findings });
  }
  const failed = results.flatMap(({ findings }) => findings).filter(({ status }) => status === "failed");
  if (flags.json) io.stdout.write(`${JSON.stringify(summary(settings, results), null, 2)}\n`);
  else io.stdout.write(`\n${conclusion(failed.length)}\n`);
  return failed.length > 0 ? EXIT.problems : EXIT.ok;
}

async function findingsOf(
  { options }: FeatureSettings,
  { stderr, signal }: Io,
  show: (finding: Finding) => void,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const progress = new Progress(stderr, "steps done:");
  const trial = new Trial(options);
  const found = (finding: Finding): void => {
    progress.pause();
    findings.push(finding);
    show(finding);
    progress.add(1);
  };
  try {
    for await (const finding of examine(trial)) {
      found(finding);
      if (signal.aborted) break;
    }
  } finally {
    const left = await cleanUp(trial);
    progress.end();
    if (left) found(left);
  }
  return findings;
}

type Group = [FeatureSettings, ...FeatureSettings[]];

function groupByTarget(features: readonly FeatureSettings[]): Group[] {
  const groups = new Map<string, Group>();
  for (const feature of features) {
    const { bucket, endpoint, region, tenantPrefix, cdnUrl, accessKeyId } = feature.options;
    const id = JSON.stringify([bucket, endpoint, region, tenantPrefix, cdnUrl, accessKeyId]);
    const group = groups.get(id);
    if (group) group.push(feature);
    else groups.set(id, [feature]);
  }
  return [...groups.values()];
}

const conclusion = (failed: number): string =>
  failed === 0
    ? "Everything that Ghost needs works. Nothing was left in the bucket."
    : `${failed} of the steps failed; Ghost's uploads were not touched.`;

const summary = (settings: Settings, results: readonly Result[]): object => ({
  ok: results.every(({ findings }) => findings.every(({ status }) => status !== "failed")),
  config: settings.config.file,
  features: settings.features.map((feature) => ({
    feature: feature.feature,
    adapter: feature.adapter,
    options: Object.fromEntries(settingLines(feature).map(({ option, value, from }) => [option, { value, from }])),
  })),
  warnings: warningsOf(settings),
  buckets: results.map(({ group, findings }) => ({
    bucket: group[0]?.options.bucket,
    features: group.map(({ feature }) => feature),
    findings,
  })),
});
