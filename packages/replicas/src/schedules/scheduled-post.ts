import type { Session } from "../database/database.ts";

/** A post or page that is to be published. */
export interface ScheduledPost {
  /** Its time, in whole seconds since 1970, UTC: Ghost stores no more. */
  readonly second: number;
  /** Until then, by the database's clock, in ms; below zero when the time has come. */
  readonly waitMs: number;
}

/** The post's schedule as it is in the database; undefined when it is not scheduled any more. */
export async function findScheduledPost(session: Session, id: string): Promise<ScheduledPost | undefined> {
  const [row] = await session.rows<{ second: number | string; wait: number | string }>(
    `SELECT TIMESTAMPDIFF(SECOND, '1970-01-01', published_at) AS second,
            TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), published_at) / 1000 AS wait
     FROM posts WHERE id = ? AND status = 'scheduled'`,
    [id],
  );
  return row && { second: Number(row.second), waitMs: Number(row.wait) };
}
