/** Where a backup lies: `PREFIX/SERVER/DATABASE/TIME/`, so that a listing is in order of time. */
const STAMP = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z(-before-restore)?$/;

const MANIFEST = "manifest.json";

export interface BackupName {
  readonly server: string;
  readonly database: string;
  readonly time: Date;
  /** Made by a restore of what it was about to replace: never `latest`. */
  readonly safety: boolean;
}

/** As it stands on the command line and in the bucket. */
export function formatName({ server, database, time, safety }: BackupName): string {
  const stamp = time.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return `${server}/${encodeURIComponent(database)}/${stamp}${safety ? "-before-restore" : ""}`;
}

/** @returns undefined when it is no name of a backup */
export function parseName(name: string): BackupName | undefined {
  const [server, database, stamp, ...more] = name.split("/");
  const parts = STAMP.exec(stamp ?? "");
  if (!server || !database || !parts || more.length > 0) return undefined;
  const [, year, month, day, hour, minute, second, safety] = parts;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time.getTime())) return undefined;
  return { server, database: decodeURIComponent(database), time, safety: safety !== undefined };
}

const joined = (prefix: string, path: string): string => (prefix ? `${prefix}/${path}` : path);

export const manifestKey = (prefix: string, name: string): string => joined(prefix, `${name}/${MANIFEST}`);

export const dumpKey = (prefix: string, name: string, encrypted: boolean): string =>
  joined(prefix, `${name}/dump.sql.zst${encrypted ? ".age" : ""}`);

/** The list of the objects in one bucket; a backup can hold several buckets. */
export const contentListKey = (prefix: string, name: string, index: number, encrypted: boolean): string =>
  joined(prefix, `${name}/content-${index}.ndjson.zst${encrypted ? ".age" : ""}`);

/** Where the backups of a server, or of one of its databases, begin; a database without its server is anywhere. */
export function folderOf(prefix: string, server?: string, database?: string): string {
  if (server === undefined) return joined(prefix, "");
  return joined(prefix, `${server}/${database === undefined ? "" : `${encodeURIComponent(database)}/`}`);
}

/** Whether a key is that of a dump; the folder is its backup's. */
export const isDumpKey = (key: string): boolean => /\/dump\.sql\.zst(?:\.age)?$/.test(key);

/** The name of the backup whose manifest lies there; undefined for everything else. */
export function nameOfManifest(prefix: string, key: string): BackupName | undefined {
  const start = prefix ? `${prefix}/` : "";
  if (!key.startsWith(start) || !key.endsWith(`/${MANIFEST}`)) return undefined;
  return parseName(key.slice(start.length, -MANIFEST.length - 1));
}
