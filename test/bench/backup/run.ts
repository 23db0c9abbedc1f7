import type { Cluster } from "../../integration/replicas/cluster/cluster.ts";
import { docker } from "../../needs.ts";
import { runBench } from "../command.ts";
import type { Row } from "../row.ts";
import { makeGhost, makeLarge } from "./databases.ts";
import { measureDatabase } from "./measure.ts";
import { backupSection } from "./section.ts";
import { BackupStage } from "./stage.ts";
import { GHOST, LARGE } from "./subjects.ts";

interface Amount {
  readonly runs: number;
  readonly largeRuns: number;
  readonly largeMiB: number;
  readonly posts: number;
  readonly members: number;
}

await runBench<Amount>({
  part: "backup",
  about: `Measures backups and restores beside mysqldump | gzip | aws s3 cp and gzip -d | mysql, on MySQL and MinIO in Docker:
Ghost's own database, and one of 2 GB, which is measured once. Takes about 20 minutes.`,
  needs: [docker],
  whole: { runs: 3, largeRuns: 1, largeMiB: 2048, posts: 10_000, members: 100_000 },
  quick: { runs: 1, largeRuns: 1, largeMiB: 64, posts: 200, members: 1000 },
  measure,
  section: backupSection,
});

async function measure(amount: Amount, progress: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  const stage = await BackupStage.make();
  let ghost: Cluster | undefined;
  try {
    progress(`making a Ghost with ${amount.posts} posts and ${amount.members} members`);
    ghost = await makeGhost(stage.mysql, amount.posts, amount.members);
    progress(`making a database of ${amount.largeMiB} MiB`);
    const large = await makeLarge(stage.mysql, amount.largeMiB);
    for (const [name, database, runs] of [
      [GHOST, ghost.database.name, amount.runs],
      [LARGE, large, amount.largeRuns],
    ] as const) {
      await stage.allow(database);
      for (let run = 1; run <= runs; run += 1) {
        progress(`${name}, run ${run}/${runs}`);
        for await (const row of measureDatabase(stage, name, database)) {
          rows.push(row);
          progress(`  ${row.subject}: ${row.metric} ${row.value} ${row.unit}`);
        }
      }
    }
    return rows;
  } finally {
    await ghost?.stop();
    await stage.stop();
  }
}
