import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readOptions } from "../../packages/backup/src/configuration/options.ts";
import { binlogMetrics } from "../../packages/backup/src/telling/binlog-metrics.ts";
import { metricsOf } from "../../packages/backup/src/telling/metrics.ts";
import { describeWith, helm } from "../needs.ts";
import { argsOf, configOf, podOf, secretsOf, TRIED } from "./backup-manifests.ts";
import { render, type Manifest, type Manifests } from "./render.ts";

const isBackup = ({ metadata }: Manifest): boolean =>
  ["backup", "binlog"].includes(metadata.labels["app.kubernetes.io/component"]);

const alertsOf = (manifests: Manifests, name: string): Map<string, Manifest> => {
  const [{ rules }] = manifests.get("PrometheusRule", name).spec.groups;
  return new Map(rules.map((rule: Manifest) => [rule.alert, rule]));
};

/** @see https://github.com/kubernetes/kube-state-metrics/blob/main/docs/metrics/workload/cronjob-metrics.md */
const KUBE_STATE_METRICS = [
  "kube_cronjob_created",
  "kube_cronjob_status_active",
  "kube_cronjob_status_last_schedule_time",
  "kube_cronjob_status_last_successful_time",
];

describeWith([helm], "the backups of the chart", () => {
  test("are not made unless they are wanted", async () => {
    const manifests = await render();
    expect(manifests.kind("CronJob")).toEqual([]);
    expect(JSON.stringify(manifests.all)).not.toContain("blog-backup");
    const alerts = alertsOf(
      await render({ values: { monitoring: { serviceMonitor: { enabled: true }, rules: { enabled: true } } } }),
      "blog",
    );
    expect([...alerts.keys()].filter((name) => name.includes("Backup"))).toEqual([]);
  });

  test("are made at one o'clock by one run at a time, and a drill is held each week", async () => {
    const manifests = await render({ values: TRIED });
    const { spec } = manifests.get("CronJob", "blog-backup");
    expect(spec).toMatchObject({
      schedule: "0 1 * * *",
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      suspend: false,
    });
    expect(spec.jobTemplate.spec).toMatchObject({ activeDeadlineSeconds: 21_600, backoffLimit: 2 });
    expect(argsOf(manifests.get("CronJob", "blog-backup"))).toEqual(["run"]);
    expect(manifests.get("CronJob", "blog-drill").spec.schedule).toBe("0 4 * * 0");
    const drill = argsOf(manifests.get("CronJob", "blog-drill"));
    expect(drill).toEqual(["verify", "latest", "--server", "mysql", "--database", "ghost"]);
    const none = await render({ values: { backup: { enabled: true, drill: { enabled: false } } } });
    expect(none.find("CronJob", "blog-drill")).toBeUndefined();
  });

  test("run where Pod Security restricted is enforced, without a token, and write one folder", async () => {
    const values = { backup: { ...TRIED.backup, restore: "latest", binlog: { enabled: true } } };
    const manifests = await render({ values });
    const all = ["CronJob", "Job", "Deployment"].flatMap((kind) => manifests.kind(kind)).filter(isBackup);
    expect(all.map(({ metadata }) => metadata.name).toSorted()).toEqual([
      "blog-backup",
      "blog-binlog",
      "blog-drill",
      "blog-restore",
    ]);
    for (const manifest of all) {
      const pod = podOf(manifest);
      expect(pod).toMatchObject({ automountServiceAccountToken: false, serviceAccountName: "blog-backup" });
      expect(pod.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      const [{ securityContext, volumeMounts, resources }] = pod.containers;
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(volumeMounts.filter(({ readOnly }: Manifest) => !readOnly)).toEqual([
        { name: "scratch", mountPath: "/tmp" },
      ]);
      const scratch = pod.volumes.find(({ name }: Manifest) => name === "scratch");
      expect(scratch.emptyDir).toEqual({ sizeLimit: "8Gi" });
      expect(resources.requests).toHaveProperty("memory");
    }
  });

  test("may reach MySQL and MinIO of the release, and nobody reaches them", async () => {
    const manifests = await render({ values: TRIED });
    const { metadata } = manifests.get("CronJob", "blog-backup").spec.jobTemplate.spec.template;
    for (const name of ["blog-mysql", "blog-minio"]) {
      const [{ from }] = manifests.get("NetworkPolicy", name).spec.ingress;
      expect(metadata.labels).toMatchObject(from[0].podSelector.matchLabels);
    }
    const { spec } = manifests.get("NetworkPolicy", "blog-backup");
    expect(metadata.labels).toMatchObject(spec.podSelector.matchLabels);
    expect(spec.podSelector.matchExpressions[0].values).toContain(metadata.labels["app.kubernetes.io/component"]);
    expect([spec.policyTypes, spec.ingress]).toEqual([["Ingress"], undefined]);
  });

  test("try out as root of the chart's MySQL, into a bucket of its MinIO that is there", async () => {
    const manifests = await render({ values: TRIED });
    expect(configOf(manifests)).toEqual({
      bucket: "backups",
      region: "us-east-1",
      endpoint: "http://blog-minio:9000",
      forcePathStyle: true,
      prefix: "default/blog",
      content: [{ bucket: "blog", server: "mysql", database: "ghost" }],
      servers: [
        {
          name: "mysql",
          host: "blog-mysql",
          port: 3306,
          user: "root",
          passwordFile: "/etc/backup/passwords/mysql",
          databases: ["ghost"],
        },
      ],
    });
    const night = manifests.get("CronJob", "blog-backup");
    expect(secretsOf(night)).toEqual([["blog-mysql", "root-password", "passwords/mysql"]]);
    expect(podOf(night).containers[0].image).toBe("ghcr.io/stateless-ghost/backup:0.1.0");
    const [{ command }] = manifests.get("StatefulSet", "blog-minio").spec.template.spec.initContainers;
    expect(command).toContain("/data/backups");
  });

  test("of a blog on AWS have a role, an account and a key of their own", async () => {
    const manifests = await render({ files: ["ci/production-values.yaml"] });
    const night = manifests.get("CronJob", "blog-backup");
    expect(manifests.get("ServiceAccount", "blog-backup").metadata.annotations).toHaveProperty(
      ["eks.amazonaws.com/role-arn"],
      "arn:aws:iam::123456789012:role/blog-backup",
    );
    const names = podOf(night).containers[0].env.map(({ name }: Manifest) => name);
    expect(names).toEqual(["BACKUP_CONFIG", "BACKUP_PING_URL"]);
    expect(configOf(manifests).servers[0]).toMatchObject({
      user: "backup",
      tls: "verify",
      tlsCa: "/etc/backup/authority",
    });
    // who steals the pod of a night can't read what it wrote
    const identity = ["blog-backup-key", "identity", "identity"];
    expect(secretsOf(night)).not.toContainEqual(identity);
    expect(secretsOf(manifests.get("CronJob", "blog-drill"))).toContainEqual(identity);
  });

  test("take servers that are not Ghost's, and all else that is given", async () => {
    const manifests = await render({ files: ["ci/mixed-values.yaml"] });
    const config = configOf(manifests, "config.json", "journal-backup");
    expect(config).toMatchObject({ bucket: "press-backups", prefix: "journal", compressionLevel: 9 });
    expect(config.servers.map(({ name, user, databases }: Manifest) => [name, user, databases])).toEqual([
      ["mysql", "dumper", ["ghost", "newsletter_*"]],
      ["shop", "backup", ["*", "!tmp_*"]],
    ]);
    const night = manifests.get("CronJob", "journal-backup");
    expect(secretsOf(night)).toEqual([
      ["press-mysql-backup", "mysql-password", "passwords/mysql"],
      ["shop-mysql", "password", "passwords/shop"],
    ]);
    const pod = podOf(night);
    expect(pod).toMatchObject({
      nodeSelector: { "kubernetes.io/os": "linux" },
      imagePullSecrets: [{ name: "registry" }],
    });
    expect(pod.containers[0].volumeMounts).toContainEqual({ name: "authorities", mountPath: "/authorities" });
    expect(pod.containers[0].env).toContainEqual({ name: "TZ", value: "Europe/Berlin" });
    expect(night.spec.jobTemplate.spec.template.metadata.labels).toMatchObject({ tier: "data", team: "press" });
  });

  test("hold the blog's own buckets as well", async () => {
    const { content } = configOf(await render({ files: ["ci/production-values.yaml"] }));
    expect(content.map(({ bucket }: Manifest) => bucket)).toEqual(["blog-content", "blog-private"]);
  });

  test("are configured in words that the program knows", async () => {
    for (const [file, name] of [
      ["ci/production-values.yaml", "blog-backup"],
      ["ci/mixed-values.yaml", "journal-backup"],
      ["ci/restore-values.yaml", "blog-backup"],
    ] as const) {
      const manifests = await render({ files: [file] });
      for (const key of ["config.json", "restore.json"]) {
        const { servers, ...config } = configOf(manifests, key, name);
        // what Kubernetes mounts is not here
        for (const server of servers) Object.assign(server, { passwordFile: undefined, password: "secret" });
        const read = () => readOptions(fileWith({ ...config, servers }), { env: {}, cwd: "/" });
        expect(read, `${file} ${key}`).not.toThrow();
      }
    }
  });
});

describeWith([helm], "alerts on backups", () => {
  test("speak of figures that kube-state-metrics and the program have", async () => {
    const alerts = alertsOf(await render({ files: ["ci/mixed-values.yaml"] }), "journal");
    const ours = [...alerts.values()].filter(({ alert }) => /Backup|Binlog/.test(alert));
    expect(ours.map(({ alert }) => alert)).toEqual([
      "GhostBackupIsOld",
      "GhostBackupFailed",
      "GhostHasNoBackup",
      "GhostBackupDrillFailed",
      "GhostBackupOfDatabaseIsOld",
      "GhostBinlogIsBehind",
      "GhostBinlogHasAGap",
    ]);
    const known = new Set([
      ...KUBE_STATE_METRICS,
      ...[metricsOf([], new Date()), binlogMetrics(new Map())].flatMap((registry) =>
        registry.getMetricsAsArray().map(({ name }) => name),
      ),
    ]);
    const used = ours.flatMap(({ expr }) => expr.match(/\b(?:kube|backup)_[a-z_]+(?=\{)/g) ?? []);
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
    expect(alerts.get("GhostBackupOfDatabaseIsOld").expr).toContain('{prefix="journal",server=~"mysql|shop"}) > 93600');
    for (const { annotations } of ours) expect(annotations.description.length).toBeGreaterThan(30);
  });
});

function fileWith(config: object): string {
  const folder = mkdtempSync(join(tmpdir(), "chart-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  return join(folder, "config.json");
}
