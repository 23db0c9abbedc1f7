import { Command, InvalidArgumentError, Option } from "commander";
import { policyFor, ROLES, type Role } from "../bucket/policies.ts";
import { setUpBucket, type Finding } from "../bucket/setup.ts";
import { EXIT, type ExitCode } from "../failure.ts";
import type { Io } from "./io.ts";
import { painter, type Colour } from "./paint.ts";
import { openSession, type CommonFlags } from "./session.ts";

interface BucketFlags extends CommonFlags {
  readonly dryRun?: true;
  readonly policy?: Role;
  readonly objectLock?: number;
}

const EXAMPLES = `
Sets lifecycle, versioning, public access block, encryption and a policy that wants TLS, leaves rules of others alone,
and asks the store afterwards what it really holds. Needs an administrator's credentials, not the writer's.

Examples:
  backup bucket --dry-run
  backup bucket --object-lock 30
  backup bucket --policy writer > writer.json
  backup bucket --policy reader > reader.json
  backup bucket --policy restorer > restorer.json`;

export function bucketCommand(io: Io, ending: (code: ExitCode) => void): Command {
  return new Command("bucket")
    .description("Sets up the bucket, or prints the policies for its users.")
    .option("--config <file>", "configuration as JSON, beside the variables")
    .option("--dry-run", "only look")
    .addOption(new Option("--policy <role>", "print the smallest IAM policy").choices(ROLES))
    .option("--object-lock <days>", "nobody deletes a version before this time", wholeDays)
    .option("--json", "print what was found as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: BucketFlags) => ending(await bucket(flags, io)));
}

function wholeDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1) throw new InvalidArgumentError("It is a whole number of days.");
  return days;
}

async function bucket(flags: BucketFlags, io: Io): Promise<ExitCode> {
  const { options, store } = openSession(flags, io);
  const { bucket: name, prefix, region, endpoint } = options;
  if (flags.policy) {
    const content = options.content.map(({ bucket: of }) => of);
    const policy = policyFor(flags.policy, { bucket: name, prefix, region, content });
    io.stdout.write(`${JSON.stringify(policy, null, 2)}\n`);
    return EXIT.ok;
  }
  const findings = await setUpBucket({
    client: store.client,
    bucket: name,
    prefix,
    region,
    endpoint,
    content: options.content.length > 0,
    lockDays: flags.objectLock,
    dryRun: flags.dryRun ?? false,
  });
  io.stdout.write(
    flags.json ? `${JSON.stringify(findings, null, 2)}\n` : findings.map((one) => lineOf(one, io)).join(""),
  );
  return findings.some(({ state }) => state === "failed") ? EXIT.failed : EXIT.ok;
}

const COLOURS: Readonly<Record<Finding["state"], Colour>> = {
  holds: "green",
  cannot: "yellow",
  skipped: "yellow",
  failed: "red",
};

function lineOf({ setting, state, reason }: Finding, io: Io): string {
  const paint = painter(io.stdout, io.env);
  return `${paint(COLOURS[state], state.padEnd(7))} ${setting}${reason ? `  (${reason})` : ""}\n`;
}
