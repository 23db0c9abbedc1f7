import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { eventually } from "../integration/replicas/eventually.ts";
import { describeWith } from "../needs.ts";
import type { Article } from "./blog.ts";
import { enter, type Stage } from "./stage.ts";
import { CLUSTER_NEEDS } from "./needs.ts";

const MINUTE_MS = 60_000;

describeWith(CLUSTER_NEEDS, "a blog goes on", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await enter();
  });

  /** What readers get of it. */
  const shown = async ({ path, title, picture }: Article) => {
    const [page, image] = await Promise.all([stage.blog.page(path), stage.blog.fromCdn(picture)]);
    return {
      page: page.status,
      title: (await page.text()).includes(title),
      picture: image.status,
      type: image.headers.get("content-type"),
    };
  };
  const WHOLE = { page: 200, title: true, picture: 200, type: "image/png" };

  test("when the pod that took an upload is deleted, with all others on its node", async () => {
    const { blog, release } = stage;
    const article = await blog.publish("Written before the pod was gone");
    const [first] = await release.readyPods();
    for (const { metadata, spec } of await release.pods()) {
      if (spec.nodeName !== first.spec.nodeName) continue;
      await release.kubectl.run(["delete", "pod", metadata.name, "--grace-period=0", "--force"]);
    }
    expect(await shown(article)).toEqual(WHOLE);
    await release.rolledOut();
    expect(await shown(article)).toEqual(WHOLE);
  });

  test("when MySQL restarts: no pod does, and all is well without hands", async () => {
    const { release, blog } = stage;
    const before = await restarts(stage);
    await release.kubectl.run(["delete", "pod", "blog-mysql-0"]);
    await release.kubectl.rolledOut("statefulset/blog-mysql");
    await eventually("all are ready", async () => (await release.readyPods()).length >= 2, MINUTE_MS);
    await eventually("the blog answers", async () => (await blog.page("/")).status === 200, MINUTE_MS);
    expect(await shown(await blog.publish("Written after MySQL restarted"))).toEqual(WHOLE);
    expect(await restarts(stage)).toEqual(before);
  });

  test("when MinIO is away for a minute: pages are there, pictures come back", async () => {
    const { release, blog } = stage;
    const article = await blog.publish("Written before MinIO was away");
    const before = await restarts(stage);
    await release.kubectl.run(["scale", "statefulset/blog-minio", "--replicas=0"]);
    for (const end = Date.now() + MINUTE_MS; Date.now() < end; await sleep(1000)) {
      expect((await blog.page(article.path)).status).toBe(200);
    }
    await release.kubectl.run(["scale", "statefulset/blog-minio", "--replicas=1"]);
    await release.kubectl.rolledOut("statefulset/blog-minio");
    // the ingress controller hears of it a moment later
    await eventually("pictures are there", async () => (await blog.fromCdn(article.picture)).ok);
    expect(await shown(article)).toEqual(WHOLE);
    expect(await shown(await blog.publish("Written after MinIO was away"))).toEqual(WHOLE);
    expect(await restarts(stage)).toEqual(before);
  });
});

/** Of each pod that runs now. */
async function restarts({ release }: Stage): Promise<Record<string, number>> {
  const pods = await release.pods();
  return Object.fromEntries(
    pods.map(({ metadata, status }) => [metadata.name, status.containerStatuses[0].restartCount]),
  );
}
