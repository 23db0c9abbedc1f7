import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../needs.ts";
import { disrupt, DISRUPTIONS } from "./disruptions.ts";
import { lostDuring } from "./loss.ts";
import { CLUSTER_NEEDS } from "./needs.ts";
import { enter, type Stage } from "./stage.ts";

describeWith(CLUSTER_NEEDS, "no request is lost", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await enter();
  });

  afterAll(() => stage?.release.upgrade({ autoscaling: { enabled: true } }));

  test.each(DISRUPTIONS)("in %s", async (disruption) => {
    const { kind, release, blog } = stage;
    expect(await lostDuring(disruption, blog, () => disrupt(kind, release, disruption))).toBe(0);
  });
});
