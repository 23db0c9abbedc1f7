import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../integration/replicas/eventually.ts";
import { describeWith } from "../needs.ts";
import { CLUSTER_NEEDS } from "./needs.ts";
import { Requests } from "./requests.ts";
import { enter, type Stage } from "./stage.ts";

const UP_MS = 180_000;

/** With the shorter times that this test sets. */
const DOWN_MS = 180_000;

/** A target that two pods exceed where all of them share two cores, and a way down that takes no minutes. */
const SOON = {
  targetCPUUtilizationPercentage: 80,
  behavior: {
    scaleDown: {
      stabilizationWindowSeconds: 30,
      policies: [{ type: "Pods", value: 1, periodSeconds: 15 }],
    },
  },
};

describeWith(CLUSTER_NEEDS, "the number of pods", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await enter();
    await stage.release.upgrade({ autoscaling: SOON });
  });

  afterAll(() => stage?.release.upgrade({ autoscaling: { targetCPUUtilizationPercentage: 200 } }));

  test("goes from 2 to 4 under load, and back after it; every answer is right", async () => {
    const { release, blog } = stage;
    expect(await release.readyPods()).toHaveLength(2);
    const everybody = { url: `${blog.urls.blog}/` };
    const many = new Requests({ ...everybody, connections: 8 });
    await eventually("there are four", async () => (await release.readyPods()).length === 4, UP_MS);
    expect((await many.stop()).lost).toBe(0);
    const few = new Requests({ ...everybody, connections: 2, overallRate: 5 });
    await eventually("there are two", async () => (await release.pods()).length === 2, DOWN_MS);
    expect((await few.stop()).lost).toBe(0);
  });
});
