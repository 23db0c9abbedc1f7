import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { callBack, callbackFor, schedulerKey } from "./callback.ts";
import { ACCOUNT, type Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import type { Replica } from "./cluster/replica.ts";
import { SiteApi } from "./cluster/site-api.ts";
import { eventually } from "./eventually.ts";
import { everywhere } from "./everywhere.ts";
import { leaderOf } from "./health.ts";
import { soon } from "./soon.ts";

/** Ghost lets five logins with a wrong password pass before it asks for patience. */
const TRIES = 5;

const AHEAD_MS = 5000;

/** When the leader is killed another one takes over, and then the post is published. */
const LATE_MS = 10_000;

describeWith([docker], "who works in the admin", () => {
  let ground: Ground;
  let cluster: Cluster;

  beforeAll(async () => {
    ground = await Ground.make();
    cluster = await ground.cluster();
    // before the wrong passwords
    await cluster.api();
  });

  afterAll(() => ground?.stop());

  test("logs in once, and is known to every replica, and logged out of all (22)", async () => {
    const session = new SiteApi(cluster.url, cluster.replica(0).url);
    await session.logIn(ACCOUNT);
    const balanced = session.at(cluster.url);
    const { id } = await balanced.draft("Written through one");
    for (const replica of cluster.replicas) {
      expect((await session.at(replica.url).read("posts", id)).title).toBe("Written through one");
      expect((await balanced.read("posts", id)).title).toBe("Written through one");
    }
    await session.at(cluster.replica(1).url).send("DELETE", "session/");
    for (const replica of cluster.replicas) {
      await expect(session.at(replica.url).read("posts", id)).rejects.toThrow("was answered with 403");
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

  test("resets all logins through one replica; posts are published all the same, whoever leads (22)", async () => {
    const leader = await leaderOf(cluster);
    const follower = cluster.replicas.find((replica) => replica !== leader)!;
    const [before, after] = [soon(AHEAD_MS), soon(3 * AHEAD_MS)];
    const api = await cluster.api(leader.index);
    const [first, second] = await Promise.all(["First", "Second"].map((title) => api.draft(title)));
    await api.schedule(first!, before);
    await api.schedule(second!, after);
    const [oldKey, oldKeys] = [await schedulerKey(cluster), await frontendKeys()];
    expect(oldKeys.size).toBe(1);
    await (await cluster.api(follower.index)).send("POST", "authentication/reset/", {});
    await everywhere(cluster, "the new key on pages", async (replica) => !oldKeys.has(await frontendKey(replica)));
    expect((await frontendKeys()).size).toBe(1);
    for (const replica of cluster.replicas) {
      await expect((await cluster.api(replica.index)).settings()).rejects.toThrow("was answered with 403");
      expect((await callBack(replica, callbackFor(cluster, second!.id, oldKey))).status).toBe(401);
    }
    await published(first!.id, before);
    await leader.kill();
    await published(second!.id, after);
  });

  const frontendKeys = async () => new Set(await Promise.all(cluster.replicas.map(frontendKey)));

  const published = (id: string, due: Date) =>
    eventually(
      `post ${id} is published`,
      async () =>
        (await cluster.database.query("SELECT status FROM posts WHERE id = ?", [id]))[0]?.status === "published",
      due.getTime() - Date.now() + LATE_MS,
    );
});

/** By which the scripts of a page read content. */
async function frontendKey(replica: Replica): Promise<string> {
  const key = /data-key="([0-9a-f]+)"/.exec(await replica.text("/"))?.[1];
  if (key === undefined) throw new Error("The page has no key.");
  return key;
}

async function logIn(replica: Replica, password: string, origin: string): Promise<number> {
  const answer = await replica.get("/ghost/api/admin/session/", {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ username: ACCOUNT.email, password }),
  });
  await answer.body?.cancel();
  return answer.status;
}
