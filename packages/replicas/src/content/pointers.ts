import { isMissingTable, type Database, type Value } from "../database/database.ts";
import { ensureTables } from "../database/tables.ts";

/** Which bytes of the bucket are current under a name. */
export interface Pointer {
  readonly name: string;
  /** SHA-256 of the object; null where the content was deleted. */
  readonly digest: string | null;
  /** The one before, to fall back on. */
  readonly previousDigest: string | null;
  /** When it was announced, by the database's clock. */
  readonly changedAt: Date;
}

interface Row {
  name: string;
  digest: string | null;
  previous_digest: string | null;
  changed_ms: string | number;
  improvable: 0 | 1;
}

/** A row that was put back a moment ago by a replica that may have known less than another one. */
const IMPROVABLE = "(put_back_at IS NOT NULL AND put_back_at > UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE)";

const SELECT = `SELECT name, digest, previous_digest, ${IMPROVABLE} AS improvable,
  TIMESTAMPDIFF(MICROSECOND, '1970-01-01', changed_at) DIV 1000 AS changed_ms FROM replicas_content`;

/**
 * The announcements of shared content. Who writes last wins. One that is gone was never taken back, as nobody deletes any:
 * a backup without it was restored. As the files of a single Ghost would, what it names outlives that: each replica puts
 * back what it has seen, and the newest of these stays. A row that came with the backup stays as it is.
 */
export class Pointers {
  readonly #database: Database;
  readonly #replica: string;
  /** By name, as they were when this replica saw them last. */
  readonly #seen = new Map<string, Pointer>();

  constructor(database: Database, replica: string) {
    this.#database = database;
    this.#replica = replica;
  }

  async get(name: string): Promise<Pointer | undefined> {
    return (await this.#read("name = ?", name, (seen) => seen === name))[0];
  }

  /** Those whose names begin with a prefix, which must have no wildcards in it. */
  below(prefix: string): Promise<Pointer[]> {
    return this.#read("name LIKE ?", `${prefix}%`, (seen) => seen.startsWith(prefix));
  }

  /** Tells all replicas which object is current. The object must be in the bucket already. */
  async announce(name: string, digest: string | null): Promise<Pointer> {
    await this.#withTables(() =>
      this.#database.change(
        `INSERT INTO replicas_content (name, digest, changed_by, changed_at)
         VALUES (?, ?, ?, UTC_TIMESTAMP(3)) AS fresh
         ON DUPLICATE KEY UPDATE
           previous_digest = IF(replicas_content.digest <=> fresh.digest, replicas_content.previous_digest,
             COALESCE(replicas_content.digest, replicas_content.previous_digest)),
           digest = fresh.digest, changed_by = fresh.changed_by, changed_at = fresh.changed_at, put_back_at = NULL`,
        [name, digest, this.#replica],
      ),
    );
    const pointer = await this.get(name);
    if (!pointer) throw new Error(`The row "${name}" of replicas_content was deleted as soon as it was written`);
    return pointer;
  }

  async #read(condition: string, value: Value, concerns: (name: string) => boolean): Promise<Pointer[]> {
    let found = await this.#rows(condition, value);
    const lost = [...this.#seen.values()].filter((seen) => concerns(seen.name) && isLost(seen, found));
    for (const pointer of lost) await this.#putBack(pointer);
    if (lost.length > 0) found = await this.#rows(condition, value);
    const pointers = found.map(toPointer);
    for (const pointer of pointers) this.#seen.set(pointer.name, pointer);
    return pointers;
  }

  async #putBack({ name, digest, previousDigest, changedAt }: Pointer): Promise<void> {
    const isFirst = await this.#database.change(
      `INSERT IGNORE INTO replicas_content (name, digest, previous_digest, changed_by, changed_at, put_back_at)
       VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3))`,
      [name, digest, previousDigest, this.#replica, changedAt],
    );
    if (isFirst) return;
    await this.#database.change(
      `UPDATE replicas_content SET digest = ?, previous_digest = ?, changed_by = ?, changed_at = ?
       WHERE name = ? AND changed_at < ? AND ${IMPROVABLE}`,
      [digest, previousDigest, this.#replica, changedAt, name, changedAt],
    );
  }

  #rows(condition: string, value: Value): Promise<Row[]> {
    const sql = `${SELECT} WHERE ${condition} ORDER BY name`;
    return this.#withTables(() => this.#database.rows<Row>(sql, [value]));
  }

  async #withTables<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      // a backup was restored that does not have this package's tables
      if (!isMissingTable(error)) throw error;
      await ensureTables(this.#database);
      return await work();
    }
  }
}

function isLost({ name, changedAt }: Pointer, rows: readonly Row[]): boolean {
  const row = rows.find((each) => each.name === name);
  return !row || (row.improvable === 1 && toPointer(row).changedAt < changedAt);
}

function toPointer({ name, digest, previous_digest, changed_ms }: Row): Pointer {
  return { name, digest, previousDigest: previous_digest, changedAt: new Date(Number(changed_ms)) };
}
