import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { picture } from "../pictures.ts";
import { ACCOUNT, type Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";

/** Of the members import. */
const ROWS = 10_000;

/** The most that Ghost takes at once. */
const POSTS = 100;

/** So many rows are written before the replica that writes them has to go. */
const BEGUN = 300;

/** A replica that is drained has not finished by then. */
const DRAIN_MS = 2000;

/** The lease of the job of a replica that was killed, and a look for it. */
const TAKEN_OVER_MS = 30_000;

/** All rows, at 70 a second on a busy machine. */
const DONE_MS = 180_000;

/** So long a post takes, so that a replica can be killed between two of them. */
const POST_MS = 100;

/** A second e-mail would have come by then. */
const NOTHING_MORE_MS = 3000;

describeWith([docker], "three replicas", () => {
  let ground: Ground;
  let cluster: Cluster;

  beforeAll(async () => {
    ground = await Ground.make();
    const replicaConfig = { drainDelay: 300, drainTimeout: DRAIN_MS };
    // Ghost 6 has the import of posts behind a flag
    const config = { labs: { csvContentImporter: true } };
    cluster = await ground.cluster({ storage: true, config, replicaConfig });
  });

  afterAll(() => ground?.stop());

  test("have each the image that one of them took (21)", async () => {
    const bytes = new Uint8Array(await picture("png", 40));
    const { url } = await (await cluster.api(0)).uploadImage({ name: "shared.png", type: "image/png", bytes });
    const { pathname } = new URL(url);
    const answers = await Promise.all(cluster.replicas.map((replica) => replica.get(pathname)));
    expect(answers.map(({ status, headers }) => [status, headers.get("content-type")])).toEqual(
      cluster.replicas.map(() => [200, "image/png"]),
    );
    const images = await Promise.all(answers.map(async (answer) => Buffer.from(await answer.arrayBuffer())));
    expect(images.filter((image) => !image.equals(images[0]!))).toEqual([]);
  });

  test("import posts to the end when the one that took them is killed (21)", async () => {
    await cluster.database.slowDown("posts", POST_MS);
    const titles = Array.from({ length: POSTS }, (_, index) => `Imported ${index}`);
    const rows = titles.map((title) => `${title},<p>This is ${title}.</p>,published`);
    const { meta } = await (await cluster.api()).importPosts(["title,html,status", ...rows].join("\n"));
    expect(meta.total).toBe(POSTS);
    const taker = await workerOn(cluster, "content-csv-import");
    await eventually("posts are written", async () => (await imported(cluster)).length > POSTS / 5);
    await taker.kill();
    await cluster.database.speedUp("posts");
    expect(await onlyMail(cluster, "Your content import is complete", TAKEN_OVER_MS)).toContain("Failed: 0");
    expect((await imported(cluster)).toSorted()).toEqual(titles.toSorted());
    await taker.start();
    await cluster.ready();
  });

  test(
    "import members to the end when one that does it is drained, and the next one killed (21)",
    { timeout: 2 * DONE_MS },
    async () => {
      // without a newsletter, which makes the most work
      const rows = Array.from({ length: ROWS }, (_, index) => `imported-${index}@example.com,false`);
      const { meta } = await (await cluster.api()).importMembers(["email,subscribed_to_emails", ...rows].join("\n"));
      expect(meta.originalImportSize).toBe(ROWS);
      const taker = await workerOn(cluster, "members-import");
      await membersReach(cluster, BEGUN);
      expect(await taker.stop()).toEqual({ code: 0, signal: null });
      const next = await workerOn(cluster, "members-import", [taker]);
      await membersReach(cluster, (await members(cluster)) + BEGUN);
      await next.kill();
      expect(await members(cluster), "it is not at its end").toBeLessThan(ROWS);
      const mail = await onlyMail(cluster, "Your member import is complete", DONE_MS);
      expect(mail).toContain("A total of 10,000 people were successfully added or updated");
      expect(mail).not.toContain("due to errors");
      expect(await members(cluster)).toBe(ROWS);
      expect(await labels(cluster)).toEqual([{ labels: 1, members: ROWS }]);
    },
  );
});

/** The replica that works on a job, as soon as one of the others does. */
function workerOn(cluster: Cluster, type: string, others: readonly Replica[] = []): Promise<Replica> {
  const candidates = cluster.replicas.filter((replica) => replica.running && !others.includes(replica));
  const look = async () => {
    const logs = await Promise.all(candidates.map((replica) => replica.log()));
    return candidates.find((_, index) => logs[index]?.includes(`[Background Job] ${type} started`));
  };
  return eventually("a replica has begun the job", look, TAKEN_OVER_MS);
}

/** What the e-mail with that subject says to the owner, once it has come and no second one. */
async function onlyMail({ sinks }: Cluster, subject: string, withinMs: number): Promise<string | undefined> {
  const mails = () => sinks.smtp.mails.filter((mail) => mail.to.includes(ACCOUNT.email) && mail.subject === subject);
  await eventually(`the e-mail "${subject}"`, () => mails().length > 0, withinMs);
  await sleep(NOTHING_MORE_MS);
  expect(mails()).toHaveLength(1);
  return mails()[0]
    ?.html.replaceAll(/<[^>]*>/g, "")
    .replaceAll(/\s+/g, " ");
}

async function imported({ database }: Cluster): Promise<string[]> {
  const posts = await database.query("SELECT title FROM posts WHERE title LIKE 'Imported %' AND status = 'published'");
  return posts.map(({ title }) => title);
}

async function membersReach(cluster: Cluster, count: number): Promise<void> {
  await eventually(`there are ${count} members`, async () => (await members(cluster)) >= count, DONE_MS);
}

async function members({ database }: Cluster): Promise<number> {
  const [row] = await database.query("SELECT COUNT(*) AS members FROM members");
  return Number(row?.members);
}

/** How many labels there are, and how many members have one. */
async function labels({ database }: Cluster): Promise<{ labels: number; members: number }[]> {
  const rows = await database.query(
    "SELECT (SELECT COUNT(*) FROM labels) AS labels, COUNT(*) AS members FROM members_labels",
  );
  return rows.map((row) => ({ labels: Number(row.labels), members: Number(row.members) }));
}
