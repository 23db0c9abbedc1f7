import type { Measured } from "../command.ts";
import { Medians } from "../report/medians.ts";
import { provenance } from "../report/provenance.ts";
import { spreadText, table } from "../report/table.ts";
import { CASES, GHOST, LARGE, OURS, PIPE, type DatabaseName } from "./subjects.ts";

interface Target {
  readonly database: DatabaseName;
  readonly title: string;
  /** Its metric of this project's program, and what it is compared with. */
  readonly metric: string;
  readonly with: string;
  /** Of the ratio, ours to the other's. */
  readonly most: number;
}

/** The other's time through ours is at least 1.5, so ours is at most two thirds. */
const FASTER = 1 / 1.5;

const DATABASES: readonly DatabaseName[] = [GHOST, LARGE];

const TARGETS: readonly Target[] = DATABASES.flatMap((database): Target[] => [
  { database, title: "dump, compress, upload: s", metric: "dump", with: "dump", most: FASTER },
  { database, title: "size in the bucket, MB", metric: "size", with: "size", most: 1 },
  { database, title: "backup with its proof, s, beside a dump", metric: "total", with: "dump", most: 2.5 },
  { database, title: "restore, s", metric: "restore", with: "restore", most: FASTER },
]);

/** Of Ghost's database, with its verification. */
const RESTORE_SECONDS = 30;
const MEMORY_MIB = 96;

/** The section of RESULTS.md, computed from the rows. */
export function backupSection(measured: Measured): string {
  const medians = new Medians(measured.rows);
  return [
    "# Backups",
    introduction(measured),
    table(
      ["database", "", OURS, PIPE, "ratio", "target", "verdict"],
      TARGETS.map((target) => compared(target, medians)),
    ),
    table(["", OURS, "target", "verdict"], absolute(medians)),
    METHOD,
  ].join("\n\n");
}

function introduction(measured: Measured): string {
  return [
    "`backup run` and `backup restore` beside what most scripts do: `mysqldump | gzip | aws s3 cp`, and `gzip -d | mysql`.",
    "*Ghost*: a database that Ghost made, with 10,000 posts and 100,000 members. *large*: 2 GB as text, half of it two million",
    "small rows with two indexes, half of it pages. Median of the runs, with the least and the most.",
    "",
    provenance(measured, "MySQL 9.7 and MinIO in containers on the same machine: all of them share its cores"),
  ].join("\n");
}

const METHOD =
  "*dump*: from the program's first look at the server until the bucket has all. The upload of the pipe is that of the AWS SDK " +
  "with the sizes of `aws s3 cp`. *backup with its proof*: until the manifest is written, with a MySQL that is started for it, " +
  "loads the dump as the bucket gives it back, and is compared row by row. *restore*: ours from the bucket until what the server " +
  "holds is compared with the manifest; the other's from a file on disk, compared with nothing. Memory is that of the program, " +
  "without mysqldump and mysqld.";

function compared({ database, title, metric, with: other, most }: Target, medians: Medians): string[] {
  const ours = medians.spread(OURS, CASES[database], metric);
  const theirs = medians.spread(PIPE, CASES[database], other);
  if (!ours || !theirs) return [database, title, "–", "–", "–", wanted(most), "not measured"];
  const ratio = ours.median / theirs.median;
  return [
    database,
    title,
    spreadText(ours),
    spreadText(theirs),
    ratioText(ratio, most),
    wanted(most),
    verdict(ratio <= most),
  ];
}

/** As the target says it: how much faster, or how much of it. */
const ratioText = (ratio: number, most: number): string =>
  most === FASTER ? `${(1 / ratio).toFixed(2)}× as fast` : `${ratio.toFixed(2)}×`;

const wanted = (most: number): string => (most === FASTER ? "≥ 1.5× as fast" : `≤ ${most}×`);

const verdict = (met: boolean): string => (met ? "met" : "**not met**");

function absolute(medians: Medians): string[][] {
  const line = (title: string, database: DatabaseName, metric: string, most: number): string[] => {
    const spread = medians.spread(OURS, CASES[database], metric);
    if (!spread) return [title, "–", `≤ ${most}`, "not measured"];
    return [title, spreadText(spread), `≤ ${most}`, verdict(spread.max <= most)];
  };
  return [
    line("Ghost's database restored and verified, s", GHOST, "restore", RESTORE_SECONDS),
    line("peak memory of a backup of the large one, MiB", LARGE, "memory", MEMORY_MIB),
    line("peak memory of a restore of the large one, MiB", LARGE, "restore memory", MEMORY_MIB),
  ];
}
