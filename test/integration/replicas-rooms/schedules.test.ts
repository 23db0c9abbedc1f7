import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../../packages/replicas/src/database/database.ts";
import type { Leadership } from "../../../packages/replicas/src/deeds/leadership.ts";
import { findScheduledPost } from "../../../packages/replicas/src/schedules/scheduled-post.ts";
import { createSchedules } from "../../../packages/replicas/src/schedules/schedules.ts";
import { ServerClock } from "../../../packages/replicas/src/schedules/server-clock.ts";
import type { Surroundings } from "../../../packages/replicas/src/surroundings.ts";
import { describeWith, docker } from "../../needs.ts";
import { startServer, type TestServer } from "./server.ts";

/** As large as a blog may be. */
const POSTS = 100_000;

/** Ghost's columns and indexes, as far as they matter. */
const TABLE = `CREATE TABLE posts (
  id VARCHAR(24) NOT NULL PRIMARY KEY, type VARCHAR(50) NOT NULL, status VARCHAR(50) NOT NULL, html LONGTEXT,
  updated_at DATETIME, published_at DATETIME, KEY (updated_at), KEY (published_at), KEY (type, status, updated_at))`;

const FILL = `INSERT INTO posts
  WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
  SELECT CONCAT(?, n), 'post', 'published', REPEAT('x', 500), UTC_TIMESTAMP(), UTC_TIMESTAMP() FROM numbers`;

describeWith([docker], "schedules on MySQL", () => {
  let server: TestServer;
  let database: Database;

  beforeAll(async () => {
    server = await startServer();
    database = await server.database("schedules");
    await database.change(TABLE);
    for (let part = 0; part < POSTS / 1000; part += 1) await database.change(FILL, [`${part}-`]);
    await database.rows("ANALYZE TABLE posts");
    await database.change(
      `INSERT INTO posts VALUES ('due', 'post', 'scheduled', '', UTC_TIMESTAMP(), UTC_TIMESTAMP() - INTERVAL 1 MINUTE),
       ('soon', 'page', 'scheduled', '', UTC_TIMESTAMP(), UTC_TIMESTAMP() + INTERVAL 1 HOUR)`,
    );
  });

  afterAll(() => server.stop());

  test("a post's time is the database's, whatever the time zone of the session", async () => {
    const [row] = await database.rows<{ published_at: Date }>("SELECT published_at FROM posts WHERE id = 'soon'");
    await database.transaction(async (session) => {
      await session.change("SET SESSION time_zone = '+05:00'");
      const soon = await findScheduledPost(session, "soon");
      expect(soon?.second).toBe(row!.published_at.getTime() / 1000);
      expect(soon?.waitMs).toBeGreaterThan(59 * 60_000);
      expect((await findScheduledPost(session, "due"))?.waitMs).toBeLessThan(0);
      await session.change("SET SESSION time_zone = DEFAULT");
    });
    expect(await findScheduledPost(database, "1-1")).toBeUndefined();
  });

  test("the clock is the server's", async () => {
    const clock = new ServerClock();
    await clock.measure(database);
    const before = clock.now();
    const [row] = await database.rows<{ now: Date }>("SELECT UTC_TIMESTAMP(3) AS now");
    expect(row!.now.getTime()).toBeGreaterThanOrEqual(before - 50);
    expect(row!.now.getTime()).toBeLessThanOrEqual(clock.now() + 50);
  });

  test("a change of the scheduled posts is seen among 100,000 posts by reading those only", async () => {
    const leadership = { onGained: () => {}, held: false } as unknown as Leadership;
    const [facet] = createSchedules({ database } as Surroundings, leadership).facets;
    const digest = async () => (await database.rows<{ digest: string }>(facet!.sql))[0]?.digest;
    const before = await digest();
    expect(before).toMatch(/^2:/);
    const [plan] = await database.rows<{ key: string; rows: number }>(`EXPLAIN FORMAT=TRADITIONAL ${facet!.sql}`);
    expect(plan?.key).toBe("type");
    expect(Number(plan?.rows)).toBeLessThan(10);
    await database.change("UPDATE posts SET published_at = published_at + INTERVAL 1 SECOND WHERE id = 'soon'");
    const moved = await digest();
    expect(moved).not.toBe(before);
    await database.change("UPDATE posts SET status = 'draft' WHERE id = 'soon'");
    expect(await digest()).not.toBe(moved);
  });
});
