import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { Minio } from "../commands/bucket.ts";
import { ACCOUNT, startCluster, type Cluster } from "./cluster/cluster.ts";
import { startMysql, type Mysql } from "./cluster/mysql.ts";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";

/** Ghost lets five logins with a wrong password pass before it asks for patience. */
const TRIES = 5;

const AHEAD_MS = 5000;

describeWith([docker], "who works in the admin", () => {
  let mysql: Mysql;
  let minio: Minio;
  let cluster: Cluster;

  beforeAll(async () => {
    [mysql, minio] = await Promise.all([startMysql(), Minio.start()]);
    cluster = await startCluster({ mysql, minio, mode: "replicas" });
  });

  afterAll(async () => {
    await cluster?.stop();
    await minio?.stop();
    await mysql?.stop();
  });

  test("logs in once, and is known to every replica (22)", async () => {
    const api = await cluster.api(0);
    const { id } = await api.draft("Written through one");
    for (const index of [0, 1, 2]) {
      expect((await (await cluster.api(index)).read("posts", id)).title).toBe("Written through one");
    }
  });

  test("guesses a password as often as with one process, however many there are (22)", async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 2 * TRIES; guess += 1) {
      statuses.push(await logIn(cluster.replica(guess % 3), `wrong p4ssw0rd ${guess}`, cluster.url));
    }
    expect(statuses.filter((status) => status === 422)).toHaveLength(TRIES);
    expect(statuses.at(-1)).toBe(429);
  });

  test("resets all logins through one replica; posts are published all the same (22)", async () => {
    const due = new Date(Math.ceil((Date.now() + AHEAD_MS) / 1000) * 1000);
    const api = await cluster.api(1);
    const { id } = await api.schedule(await api.draft("After the reset"), due);
    await (await cluster.api(0)).send("POST", "authentication/reset/", {});
    const status = async () => (await cluster.database.query("SELECT status FROM posts WHERE id = ?", [id]))[0]?.status;
    await eventually("the post is published", async () => (await status()) === "published", 3 * AHEAD_MS);
  });
});

async function logIn(replica: Replica, password: string, origin: string): Promise<number> {
  const answer = await replica.get("/ghost/api/admin/session/", {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ username: ACCOUNT.email, password }),
  });
  await answer.body?.cancel();
  return answer.status;
}
