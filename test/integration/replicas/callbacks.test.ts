import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { callBack, callbackFor, schedulerKey } from "./callback.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import { NEWSLETTER } from "./cluster/site-api.ts";
import { eventually } from "./eventually.ts";
import { SOON_MS } from "./everywhere.ts";
import { insertMembers } from "./members.ts";
import { soon } from "./soon.ts";

const PUBLISHED = "/published";

const POSTS = 100;

/** Time for so many to be scheduled. */
const AHEAD_MS = 40_000;

/** Time for so many to be published and mailed. */
const DONE_MS = 90_000;

describeWith([docker], "posts that are due at the same moment", () => {
  let ground: Ground;
  let cluster: Cluster;

  beforeAll(async () => {
    ground = await Ground.make();
    cluster = await ground.cluster();
    const api = await cluster.api();
    const url = `${cluster.sinks.hooks.url}${PUBLISHED}`;
    await api.addWebhook(await api.addIntegration("Counting"), "post.published", url);
  });

  afterAll(() => ground?.stop());

  const announced = (title: string) =>
    cluster.sinks.hooks.at(PUBLISHED).filter(({ body }) => body?.post?.current?.title === title);

  /** E-mails that are sent, with the post of each. */
  const mailed = () =>
    cluster.database.query("SELECT id AS email, post_id AS post FROM emails WHERE status = 'submitted'");

  /** Drafts that are scheduled with the newsletter, all for the same moment; answers when it has come. */
  const allDue = async (titles: readonly string[]): Promise<string[]> => {
    const api = await cluster.api();
    const drafts = [];
    for (const title of titles) drafts.push(await api.draft(title));
    const due = soon(AHEAD_MS);
    const ids = [];
    for (const draft of drafts) ids.push((await api.schedule(draft, due, NEWSLETTER)).id);
    expect(Date.now()).toBeLessThan(due.getTime());
    await sleep(due.getTime() - Date.now());
    return ids;
  };

  test("are published and mailed once when all replicas are called back for each together (15)", async () => {
    const addresses = await insertMembers(cluster.database, 3);
    const titles = Array.from({ length: POSTS }, (_, index) => `Called ${index}`);
    const key = await schedulerKey(cluster);
    const posts = await allDue(titles);
    const callbacks = posts.map((id) => callbackFor(cluster, id, key));
    const answers = await Promise.all(
      callbacks.flatMap((callback) => cluster.replicas.map((replica) => callBack(replica, callback))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    // the leader is faster with some
    const published = answers.reduce((sum, answer) => sum + answer.published, 0);
    expect(published).toBeGreaterThan(0);
    expect(published).toBeLessThanOrEqual(POSTS);
    await eventually("all are published", () => titles.every((title) => announced(title).length > 0), DONE_MS);
    await eventually("all are mailed", async () => (await mailed()).length === POSTS, DONE_MS);
    await sleep(SOON_MS);
    expect(titles.map((title) => announced(title).length)).toEqual(titles.map(() => 1));
    expect((await mailed()).map(({ post }) => post).toSorted()).toEqual(posts.toSorted());
    for (const { email } of await mailed()) {
      expect([...cluster.sinks.mailgun.counts(email)].toSorted()).toEqual(
        addresses.map((address) => [address, 1]).toSorted(),
      );
    }
  });
});
