import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../integration/replicas/eventually.ts";
import { describeWith } from "../needs.ts";
import { disrupt } from "./disruptions.ts";
import { CLUSTER_NEEDS } from "./needs.ts";
import { killNode } from "./node-death.ts";
import { readersOf } from "./readers.ts";
import { enter, type Stage } from "./stage.ts";

const PER_SECOND = 100;

/** Of all answers in that time. What the node had taken and not answered when it died is lost: one per connection at most. */
const LEAST_SHARE = 0.999;

/** So long is the node dead at least: a thousandth of them is more than there are connections. */
const LEAST_REQUESTS = 12_000;

const LONGEST_MS = 240_000;

describeWith(CLUSTER_NEEDS, "a node dies", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await enter();
    const { kind, release } = stage;
    // an autoscaler would change how many pods are full strength
    await release.scale(2);
    // pods that were made while a node was away are on the other one
    await disrupt(kind, release, "a rolling update");
  });

  afterAll(() => stage?.release.upgrade({ autoscaling: { enabled: true } }));

  test("and readers hardly notice, its pods are elsewhere soon, and a post that is due is published once", async () => {
    const { kind, release, blog } = stage;
    const readers = await readersOf(blog, PER_SECOND);
    // the one that would publish the post
    const node: string = (await release.leader()).spec.nodeName;
    const post = await schedule(new Date(Math.ceil((Date.now() + 15_000) / 1000) * 1000));
    const published = async () => (await read(post)).status === "published";
    const seconds = await killNode(kind, release, node, async () => {
      await eventually("it is published", published, 30_000);
      await eventually("there were enough requests", () => readers.count >= LEAST_REQUESTS, LONGEST_MS);
    });
    console.log(`full strength ${seconds.toFixed(1)} s after the node was declared dead`);
    const { answered, lost, text } = await readers.stop();
    console.log(text);
    expect(answered / (answered + lost)).toBeGreaterThanOrEqual(LEAST_SHARE);
    expect(await publications(post)).toBe(1);
    await release.rolledOut();
  });

  const schedule = async (due: Date): Promise<string> => {
    const { api } = stage.blog;
    const { id, updated_at } = await api.createPost({ title: "Due while a node is dead" });
    await api.send("PUT", `posts/${id}/`, {
      posts: [{ status: "scheduled", published_at: due.toISOString(), updated_at }],
    });
    return id;
  };

  /** By the revisions that Ghost keeps: each publication adds one, and says so. */
  const publications = async (id: string): Promise<number> => {
    const { posts } = await stage.blog.api.send("GET", `posts/${id}/?include=post_revisions`);
    return posts[0].post_revisions.filter(({ reason }: { reason: string }) => reason === "published").length;
  };

  const read = async (id: string) => (await stage.blog.api.send("GET", `posts/${id}/`)).posts[0];
});
