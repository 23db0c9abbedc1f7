/**
 * One thing that a Ghost process keeps in memory and that another process may have changed.
 *
 * The state in the database is compared, never a message awaited: what was missed once is seen at the next look, and a
 * row that was edited by hand or restored from a backup is seen as well.
 */
export interface Facet {
  /** As it stands in metrics and in the log. */
  readonly name: string;
  /**
   * `SELECT <digest> AS digest, <time> AS changed_at`, one row: a text that is another one whenever the state is, and
   * the moment (UTC) of the last change where it is known to the millisecond, NULL otherwise. A moment belongs into the
   * digest too: then what is changed and changed back between two looks is seen.
   */
  readonly sql: string;
  /** Brings this process to the state in the database; when it fails it is tried again. Harmless when nothing is new. */
  reload(): Promise<void>;
}

/** A digest over rows that does not depend on their order. MySQL 9 has no MD5(); SHA2 costs the same. */
export function digestOf(columns: string): string {
  const hash = `CONV(LEFT(SHA2(CONCAT_WS(CHAR(1), ${columns}), 256), 15), 16, 10)`;
  return `CONCAT(COUNT(*), ':', COALESCE(BIT_XOR(CAST(${hash} AS UNSIGNED)), 0))`;
}
