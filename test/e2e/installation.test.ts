import { readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, expect, test } from "vitest";
import { describeWith } from "../needs.ts";
import { CHART } from "../helm/render.ts";
import { enter, type Stage } from "./stage.ts";
import type { Resource } from "./cluster/kubectl.ts";
import { CLUSTER_NEEDS } from "./needs.ts";

describeWith(CLUSTER_NEEDS, "a blog that was installed", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await enter();
  });

  test("passes helm test", async () => {
    const log = await stage.release.test();
    expect(log).toContain("Phase:          Succeeded");
  });

  test("has no volume claim in any pod of Ghost, and no folder to write but those that go with it", async () => {
    const pods = await stage.release.pods();
    expect(pods.length).toBeGreaterThanOrEqual(2);
    for (const { spec } of pods) {
      expect(spec.volumes.filter((volume: Resource) => volume.persistentVolumeClaim)).toEqual([]);
      const [{ volumeMounts, securityContext }] = spec.containers;
      expect(securityContext.readOnlyRootFilesystem).toBe(true);
      const writable = volumeMounts.filter(({ readOnly }: Resource) => !readOnly);
      for (const { name } of writable) {
        expect(spec.volumes.find((volume: Resource) => volume.name === name)).toHaveProperty("emptyDir");
      }
    }
  });

  test.each(readdirSync(join(CHART, "ci")))(
    "would be admitted with ci/%s where Pod Security is enforced",
    async (name) => {
      const given = ["--no-hooks", "--values", join(CHART, "ci", name), "--kube-version", "1.34.4"];
      const { stdout } = await execa("helm", ["template", "other", CHART, ...given]);
      const known = stdout
        .split(/^---$/m)
        .filter((manifest) => !/apiVersion: (monitoring\.coreos\.com|gateway\.networking)/.test(manifest));
      expect(known.length).toBeGreaterThan(5);
      const apply = [...stage.release.kubectl.options, "apply", "--dry-run=server", "--filename", "-"];
      const { stderr } = await execa("kubectl", apply, { input: known.join("\n---\n") });
      // warnings of Pod Security come here
      expect(stderr).not.toContain("would violate PodSecurity");
    },
  );

  test("keeps its values over an upgrade, and goes back", async () => {
    const { release } = stage;
    const { data: before } = await release.kubectl.get("secret", "blog-mysql");
    await release.upgrade({ ghost: { podAnnotations: { "example.com/changed": "yes" } } });
    const [pod] = await release.readyPods();
    expect(pod.metadata.annotations).toHaveProperty(["example.com/changed"]);
    expect((await release.kubectl.get("secret", "blog-mysql")).data).toEqual(before);
    await release.rollback();
    const [earlier] = await release.readyPods();
    expect(earlier.metadata.annotations).not.toHaveProperty(["example.com/changed"]);
  });
});
