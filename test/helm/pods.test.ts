import { expect, test } from "vitest";
import { describeWith, helm } from "../needs.ts";
import { OWN } from "./chart.ts";
import { render, type Manifest } from "./render.ts";

const checksum = async (values: object) => (await render({ values })).pod.metadata.annotations["checksum/config"];

const image = async (values: object) => (await render({ values })).pod.spec.containers[0].image;

describeWith([helm], "the pods of the chart", () => {
  test("are all allowed by Pod Security restricted, and have no token of the cluster", async () => {
    const manifests = await render();
    for (const { kind, metadata, spec } of ["Deployment", "StatefulSet", "Pod"].flatMap((each) =>
      manifests.kind(each),
    )) {
      const pod = spec.template?.spec ?? spec;
      const name = `${kind} ${metadata.name}`;
      expect(pod.automountServiceAccountToken, name).toBe(false);
      expect(pod.securityContext, name).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(container.securityContext, name).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(container.resources.requests, name).toHaveProperty("memory");
      }
    }
  });

  test("of Ghost have no volume that outlives them, and can write named folders only", async () => {
    const { spec } = (await render()).pod;
    const volumes = new Map<string, Manifest>(spec.volumes.map((volume: Manifest) => [volume.name, volume]));
    const [{ volumeMounts }] = spec.containers;
    const writable = volumeMounts.filter(({ readOnly }: Manifest) => !readOnly);
    expect(writable.map(({ mountPath }: Manifest) => mountPath)).toEqual(["/var/lib/ghost/content", "/tmp"]);
    for (const { name } of writable) expect(volumes.get(name).emptyDir).toHaveProperty("sizeLimit");
    expect([...volumes.values()].some((volume) => volume.persistentVolumeClaim)).toBe(false);
  });

  test("of an update come before the old ones go, and have the time that their end may take", async () => {
    const own = { ghost: { replicaOptions: { drainDelay: 7500, drainTimeout: 30_000 }, preStopSleepSeconds: 3 } };
    for (const [values, seconds] of [
      [{}, 5 + 5 + 60 + 60 + 5],
      [own, 3 + 8 + 30 + 60 + 5],
      [{ ghost: { config: { server: { shutdownTimeout: 10_000 } } } }, 5 + 5 + 60 + 10 + 5],
    ] as const) {
      const manifests = await render({ values });
      expect(manifests.get("Deployment", "blog").spec.strategy.rollingUpdate).toEqual({
        maxUnavailable: 0,
        maxSurge: 1,
      });
      expect(manifests.pod.spec.terminationGracePeriodSeconds).toBe(seconds);
    }
    const { lifecycle } = (await render({ values: own })).pod.spec.containers[0];
    expect(lifecycle.preStop).toEqual({ sleep: { seconds: 3 } });
  });

  test("are asked whether they take requests on the port of replicas", async () => {
    const [container] = (await render()).pod.spec.containers;
    expect(container.readinessProbe.httpGet).toEqual({ path: "/readyz", port: "health" });
    expect(container.livenessProbe.httpGet).toEqual({ path: "/livez", port: "health" });
    expect(container.startupProbe.httpGet).toEqual({ path: "/livez", port: "health" });
    expect(container.ports).toContainEqual({ name: "health", containerPort: 9417 });
  });

  test("are spread over nodes and zones, and leave a node that is gone soon", async () => {
    const { spec } = (await render({ values: { ghost: { rescheduleAfterSeconds: 7 } } })).pod;
    // another constraint, by a label that nodes may lack, would turn this one off
    expect(spec.topologySpreadConstraints.map(({ topologyKey }: Manifest) => topologyKey)).toEqual([
      "kubernetes.io/hostname",
    ]);
    const [{ podAffinityTerm }] = spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
    expect(podAffinityTerm.topologyKey).toBe("topology.kubernetes.io/zone");
    const labels = (await render()).pod.metadata.labels;
    expect(labels).toMatchObject(podAffinityTerm.labelSelector.matchLabels);
    expect(spec.tolerations.map(({ key, tolerationSeconds }: Manifest) => [key, tolerationSeconds])).toEqual([
      ["node.kubernetes.io/not-ready", 7],
      ["node.kubernetes.io/unreachable", 7],
    ]);
  });

  test("belong to one blog, whatever labels they are given, whatever else is in the release", async () => {
    const given = { "app.kubernetes.io/name": "other", "app.kubernetes.io/part-of": "other", team: "press" };
    const of = (name: string) =>
      render({ values: { fullnameOverride: name, commonLabels: given, ghost: { podLabels: given } } });
    const [one, two] = await Promise.all([of("one"), of("two")]);
    const { matchLabels } = one.get("Deployment", "one").spec.selector;
    expect(one.pod.metadata.labels).toMatchObject({ ...matchLabels, team: "press" });
    expect(two.pod.metadata.labels).not.toMatchObject(matchLabels);
  });

  test("of releases with long names do not share one", async () => {
    const names = ["prod", "staging"].map((end) => `blog-of-the-company-for-customers-in-europe-${end}`);
    const [one, two] = await Promise.all(names.map((release) => render({ release })));
    const name = (manifests: typeof one) => manifests!.kind("Deployment")[0].metadata.name as string;
    expect(name(one)).not.toBe(name(two));
    expect(name(one).length).toBeLessThanOrEqual(40);
  });

  test("are replaced when the configuration changes, and not for a new version of the chart alone", async () => {
    expect(await checksum({ cdnUrl: "https://cdn.example.com" })).not.toBe(await checksum({}));
    expect(await checksum({})).toBe(await checksum({}));
    expect(Object.keys((await render()).pod.metadata.labels)).not.toContain("helm.sh/chart");
  });

  test("take what is given to them", async () => {
    const { pod } = await render({ files: ["ci/mixed-values.yaml"] });
    expect(pod.metadata.labels).toMatchObject({ tier: "web", team: "press" });
    expect(pod.metadata.annotations).toHaveProperty(["example.com/note"], "pod");
    expect(pod.spec).toMatchObject({
      serviceAccountName: "press",
      priorityClassName: "system-cluster-critical",
      nodeSelector: { "kubernetes.io/os": "linux" },
      imagePullSecrets: [{ name: "registry" }],
    });
    expect(pod.spec.tolerations).toHaveLength(3);
    expect(pod.spec.containers[0].image).toMatch(/^ghcr\.io\/stateless-ghost\/ghost@sha256:/);
    expect(pod.spec.containers[0].volumeMounts).toContainEqual({ name: "scratch", mountPath: "/scratch" });
  });

  test("run the Ghost that the chart was made for, or another", async () => {
    expect(await image({})).toBe("ghcr.io/stateless-ghost/ghost:6.65.0");
    expect(await image({ ...OWN, image: { repository: "example.com/ghost", tag: "6.64.0" } })).toBe(
      "example.com/ghost:6.64.0",
    );
  });
});
