import { expect, test } from "vitest";
import { describeWith, helm } from "../needs.ts";
import { refusal, render } from "./render.ts";

/** For a MySQL that allows little more than its default. */
const upTo = (maxReplicas: number) => ({ autoscaling: { maxReplicas }, database: { maxConnections: 140 } });

describeWith([helm], "the number of pods", () => {
  test("follows the load, fast up and slowly down", async () => {
    const manifests = await render();
    expect(manifests.get("Deployment", "blog").spec).not.toHaveProperty("replicas");
    const { spec } = manifests.get("HorizontalPodAutoscaler", "blog");
    expect(spec).toMatchObject({
      minReplicas: 2,
      maxReplicas: 6,
      scaleTargetRef: { kind: "Deployment", name: "blog" },
    });
    expect(spec.behavior.scaleUp.stabilizationWindowSeconds).toBe(0);
    expect(spec.behavior.scaleDown.stabilizationWindowSeconds).toBe(300);
    expect(spec.metrics).toHaveLength(1);
  });

  test("follows other metrics as well", async () => {
    const { spec } = (await render({ files: ["ci/mixed-values.yaml"] })).get("HorizontalPodAutoscaler", "journal");
    expect(spec.metrics.map((metric: { resource: { name: string } }) => metric.resource.name)).toEqual([
      "cpu",
      "memory",
    ]);
  });

  test("is fixed when that is wanted", async () => {
    const manifests = await render({ values: { autoscaling: { enabled: false }, ghost: { replicas: 4 } } });
    expect(manifests.get("Deployment", "blog").spec.replicas).toBe(4);
    expect(manifests.kind("HorizontalPodAutoscaler")).toEqual([]);
  });

  test("may not need more connections than MySQL allows, one more pod during an update included", async () => {
    await render({ values: upTo(9) });
    expect(await refusal(upTo(10))).toMatch(
      /10 pods and one more during an update need 154 connections, and MySQL allows 140.*at most 9 pods fit/,
    );
    expect(await refusal({ autoscaling: { enabled: false }, ghost: { replicas: 11 } })).toContain("11 pods");
  });

  test("leaves all but one in service while nodes are drained, and is not held up by pods that are not ready", async () => {
    const { spec } = (await render()).get("PodDisruptionBudget", "blog");
    expect(spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" });
  });
});
