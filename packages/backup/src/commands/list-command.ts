import { Command } from "commander";
import { EXIT, type ExitCode } from "../failure.ts";
import { formatName } from "../manifest/names.ts";
import type { Listed } from "../manifest/catalogue.ts";
import type { Manifest } from "../manifest/schema.ts";
import { archiveOf } from "../store/archive.ts";
import { count, formatBytes } from "./amounts.ts";
import type { Io } from "./io.ts";
import { openSession, type CommonFlags } from "./session.ts";

interface ListFlags extends CommonFlags {
  readonly server?: string;
  readonly database?: string;
  readonly long?: true;
}

const EXAMPLES = `
Examples:
  backup list
  backup list --database ghost --long
  backup list --json | jq -r .[-1].name`;

export function listCommand(io: Io, ending: (code: ExitCode) => void): Command {
  return new Command("list")
    .description("Lists the backups in the bucket, the oldest first.")
    .option("--config <file>", "configuration as JSON, beside the variables")
    .option("--server <name>", "only those of this server")
    .option("--database <name>", "only those of this database (needs --server when there are several)")
    .option("--long", "with size, rows and versions; reads every manifest")
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ListFlags) => ending(await list(flags, io)));
}

async function list(flags: ListFlags, io: Io): Promise<ExitCode> {
  const { options, catalogue } = openSession(flags, io);
  const server = flags.server ?? (options.servers.length === 1 ? options.servers[0]?.name : undefined);
  const all = await catalogue.list(server);
  const wanted = all.filter(({ database }) => flags.database === undefined || database === flags.database);
  const names = wanted.map(formatName);
  if (!flags.long) {
    const rows = wanted.map(({ server: of, database, time, safety, storageClass = null }, index) => {
      return { name: names[index], server: of, database, time: time.toISOString(), safety, storageClass };
    });
    const lines = wanted.map((one, index) => `${names[index]}${placeOf(one)}\n`);
    io.stdout.write(flags.json ? `${JSON.stringify(rows, null, 2)}\n` : lines.join(""));
  } else {
    const manifests: Manifest[] = [];
    for (const name of names) manifests.push(await catalogue.read(name));
    const lines = manifests.map((manifest, index) => `${lineOf(manifest)}${placeOf(wanted[index])}\n`);
    io.stdout.write(flags.json ? `${JSON.stringify(manifests, null, 2)}\n` : lines.join(""));
  }
  if (names.length === 0 && !flags.json) io.stderr.write("There is no backup.\n");
  return EXIT.ok;
}

/** What is in the way of a restore; nothing of most backups. */
function placeOf(listed: Listed | undefined): string {
  if (listed?.storageClass === undefined) return "  its dump is gone";
  const archive = archiveOf({ storageClass: listed.storageClass });
  return archive ? `  archived in ${archive}` : "";
}

function lineOf({ name, object, dump, tables, content, versions, verified }: Manifest): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const sizes = `${formatBytes(dump.bytes)}, ${formatBytes(object.size)} stored`;
  const objects = content.map((one) => `, ${count(one.objects, "object")} of ${one.bucket}`).join("");
  const how = object.encryption ? "encrypted" : "plain";
  return `${name}  ${sizes}, ${tables.length} tables, ${rows} rows${objects}, MySQL ${versions.server}, ${how}, verified ${verified.at}`;
}
