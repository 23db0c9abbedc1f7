/**
 * Reports in what a Ghost version on npm differs from those that this package was tested with, as far as this package
 * touches it; with --record its digests become those of a tested version.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { extract } from "tar";
import { changedFiles, digestsOf, isTested, nearestTo } from "./src/ghost/contract.ts";

const HELP = `Compares a Ghost version on npm with the tested ones: the files whose private parts this package uses.

Usage: npm run ghost:check -- VERSION [options]

  --diff      show the changed lines of each file
  --record    note the digests of this version as tested, in src/ghost/versions.json
  --json      the report as JSON
  --help

Examples:
  npm run ghost:check -- 6.64.0
  npm run ghost:check -- latest --diff

Exit codes: 0 nothing differs, 2 something differs, 1 it could not be found out.
`;

const VERSIONS = join(import.meta.dirname, "src/ghost/versions.json");

interface Report {
  version: string;
  tested: boolean;
  comparedWith: string;
  differences: ReturnType<typeof changedFiles>;
}

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      diff: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [wanted] = positionals;
  if (values.help || !wanted) {
    process.stdout.write(HELP);
    return values.help ? 0 : 1;
  }
  const work = await mkdtemp(join(tmpdir(), "ghost-check-"));
  try {
    const { root, version } = await fetchGhost(wanted, work);
    const report = {
      version,
      tested: isTested(version),
      comparedWith: isTested(version) ? version : nearestTo(version),
      differences: changedFiles(root, version),
    };
    process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
    if (values.diff) await showDiff(report, root, work);
    if (values.record) await record(version, root);
    return report.differences.length === 0 ? 0 : 2;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchGhost(wanted: string, work: string): Promise<{ root: string; version: string }> {
  const root = join(work, wanted);
  await mkdir(root);
  process.stderr.write(`fetching ghost@${wanted} from npm …\n`);
  const { stdout } = await execa("npm", ["pack", `ghost@${wanted}`, "--silent", "--pack-destination", work], {
    cwd: work,
  });
  await extract({ file: join(work, stdout.trim().split("\n").at(-1) ?? ""), cwd: root, strip: 1 });
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  return { root, version };
}

function textOf({ version, tested, comparedWith, differences }: Report): string {
  const head = `Ghost ${version} is ${tested ? "a tested version" : `not a tested version; the nearest is ${comparedWith}`}.`;
  if (differences.length === 0) return `${head}\nNothing that this package touches differs.\n`;
  const lines = differences.map(
    ({ file, symbols, what }) => `  ${file}\n    ${what}${symbols.length > 0 ? `; uses ${symbols.join(", ")}` : ""}`,
  );
  return `${head}\n${differences.length} of the touched files differ:\n${lines.join("\n")}\n`;
}

async function showDiff({ comparedWith, version, differences }: Report, root: string, work: string): Promise<void> {
  if (differences.length === 0 || comparedWith === version) return;
  const base = await fetchGhost(comparedWith, work);
  for (const { file } of differences) {
    await execa("git", ["--no-pager", "diff", "--no-index", "--", join(base.root, file), join(root, file)], {
      stdout: "inherit",
      reject: false,
    });
  }
}

async function record(version: string, root: string): Promise<void> {
  const versions = JSON.parse(await readFile(VERSIONS, "utf8")) as Record<string, object>;
  versions[version] = digestsOf(root);
  const sorted = Object.fromEntries(
    Object.entries(versions).toSorted(([a], [b]) => a.localeCompare(b, "en", { numeric: true })),
  );
  await writeFile(VERSIONS, `${JSON.stringify(sorted, null, 2)}\n`);
  process.stderr.write(`noted ${version} as tested in ${VERSIONS}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nNothing was recorded.\n`);
  process.exitCode = 1;
}
