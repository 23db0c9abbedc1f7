import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { BackupStage } from "./stage.ts";

/** Where `aws s3 cp -` would stand. */
const UPLOAD = join(import.meta.dirname, "upload-stdin.ts");

/** What the field's scripts do. */
const FLAGS = "--single-transaction --routines --triggers --events --no-tablespaces --set-gtid-purged=OFF";

export interface Piped {
  readonly seconds: number;
  readonly bytes: number;
  /** The same dump in the container, for what is measured next. */
  readonly file: string;
  remove(): Promise<void>;
}

/** mysqldump | gzip | aws s3 cp: the time from the first byte to the bucket's last answer. */
export async function pipe(stage: BackupStage, database: string): Promise<Piped> {
  const { toolbox } = stage;
  const key = `pipe/${database}.sql.gz`;
  const env = { ...stage.source, KEY: key };
  const node = realpathSync(process.execPath);
  const begun = performance.now();
  await toolbox.script(
    `set -o pipefail; MYSQL_PWD="$MYSQL_PASSWORD" mysqldump -h "$MYSQL_HOST" -P "$MYSQL_PORT" -u "$MYSQL_USER" ${FLAGS} ${database} | gzip | ${node} ${UPLOAD}`,
    env,
  );
  const seconds = (performance.now() - begun) / 1000;
  const stored = await stage.bucket.bytes(key);
  const file = `/tmp/${randomUUID()}.sql.gz`;
  await toolbox.write(file, stored);
  return { seconds, bytes: stored.length, file, remove: async () => void (await toolbox.shell(`rm ${file}`)) };
}

/** gzip -d | mysql, of a file that is there already. Answers with the seconds. */
export async function loadWithClient(stage: BackupStage, { file }: Piped, database: string): Promise<number> {
  await stage.target.drop(database);
  await stage.target.query(`CREATE DATABASE ${database}`);
  const begun = performance.now();
  await stage.toolbox.script(
    `set -o pipefail; gzip -dc ${file} | MYSQL_PWD="$MYSQL_PASSWORD" mysql -h "$MYSQL_HOST" -P "$MYSQL_PORT" -u "$MYSQL_USER" ${database}`,
    stage.destination,
  );
  const seconds = (performance.now() - begun) / 1000;
  await stage.target.drop(database);
  return seconds;
}
