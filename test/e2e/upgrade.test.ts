import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../integration/replicas/eventually.ts";
import { describeWith } from "../needs.ts";
import type { Resource } from "./cluster/kubectl.ts";
import { settle } from "./disruptions.ts";
import { GHOST, imageOf } from "./images.ts";
import { lostDuring } from "./loss.ts";
import { CLUSTER_NEEDS } from "./needs.ts";
import { enter, install, type Stage } from "./stage.ts";

/** Longer than a pod may take to end. */
const GONE_MS = 180_000;

describeWith(CLUSTER_NEEDS, "a blog with the Ghost before", () => {
  let older: Stage;

  beforeAll(async () => {
    const { kind } = await enter();
    older = await install(kind, "older", await imageOf(GHOST.before));
  });

  afterAll(() => older?.kind.kubectl.run(["delete", "namespace", "older"]));

  test("has its pods on different nodes", async () => {
    const nodes = (await older.release.readyPods()).map(({ spec }) => spec.nodeName);
    expect(new Set(nodes).size).toBe(nodes.length);
  });

  test("is upgraded, with the migrations of its database, and loses no request", async () => {
    const { release, blog } = older;
    const upgrade = async () => {
      await release.upgrade({ image: { tag: GHOST.now } });
      await settle(release);
    };
    expect(await lostDuring("an upgrade of Ghost", blog, upgrade)).toBe(0);
    expect((await blog.api.send("GET", "site/")).site.version).toBe(GHOST.now.replace(/\.\d+$/, ""));
  });

  test("leaves what holds data when it is uninstalled, and says so", async () => {
    const { release } = older;
    const said = await release.uninstall();
    expect(said).toContain("kept due to the resource policy");
    await eventually("its pods are gone", async () => (await release.kubectl.list("pods")).length === 0, GONE_MS);
    expect(named(await release.kubectl.list("persistentvolumeclaims")).toSorted()).toEqual([
      "data-older-minio-0",
      "data-older-mysql-0",
    ]);
    expect(named(await release.kubectl.list("secrets"))).toEqual(
      expect.arrayContaining(["older-minio", "older-mysql"]),
    );
  });
});

function named(resources: readonly Resource[]): string[] {
  return resources.map(({ metadata }) => metadata.name);
}
