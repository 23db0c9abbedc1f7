import { expect, test } from "vitest";
import { describeWith, helm } from "../needs.ts";
import { render } from "./render.ts";

describeWith([helm], "the check that helm test runs", () => {
  test("is made for nothing else, of the image and the configuration of Ghost's pods", async () => {
    const manifests = await render();
    const { metadata, spec } = manifests.get("Pod", "blog-check");
    expect(metadata.annotations["helm.sh/hook"]).toBe("test");
    const [check] = spec.containers;
    const [ghost] = manifests.pod.spec.containers;
    expect([check.image, check.envFrom, check.env]).toEqual([ghost.image, ghost.envFrom, ghost.env]);
  });

  test("runs where Ghost's pods may run", async () => {
    const manifests = await render({ files: ["ci/mixed-values.yaml"] });
    const { nodeSelector, tolerations, priorityClassName, affinity } = manifests.get("Pod", "journal-check").spec;
    const ghost = manifests.pod.spec;
    expect([nodeSelector, priorityClassName]).toEqual([ghost.nodeSelector, ghost.priorityClassName]);
    expect(ghost.tolerations).toEqual(expect.arrayContaining(tolerations));
    expect(affinity.nodeAffinity).toEqual(ghost.affinity.nodeAffinity);
  });

  test("asks each pod, by the Service that names them all", async () => {
    const manifests = await render({ release: "news" });
    const { spec } = manifests.get("Pod", "news-check");
    expect(spec.containers[0].args).toEqual(["check", "--pods", "news-pods"]);
    expect(manifests.get("Service", "news-pods").spec.clusterIP).toBe("None");
  });
});
