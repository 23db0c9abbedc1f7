import { expect, test } from "vitest";
import { describeWith, helm } from "../needs.ts";
import { argsOf, BACKUP, configOf, podOf, secretsOf, TRIED } from "./backup-manifests.ts";
import { OWN } from "./chart.ts";
import { refusal, render } from "./render.ts";

const RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

const restoring = (restore: string, more: object = {}) =>
  render({ values: { ...OWN, backup: { ...BACKUP, restore, ...more } } });

describeWith([helm], "a restore", () => {
  test("is a hook after all else, while Ghost rests and no backup is made", async () => {
    const manifests = await restoring("latest");
    const job = manifests.get("Job", "blog-restore");
    expect(job.metadata.annotations["helm.sh/hook"]).toBe("post-install,post-upgrade");
    expect(job.spec.backoffLimit).toBe(0);
    expect(argsOf(job)).toEqual([
      "restore",
      "latest",
      "--database",
      "ghost",
      "--replace",
      "--create-definers",
      "--wait",
      "900",
      "--content",
    ]);
    expect(manifests.get("Deployment", "blog").spec.replicas).toBe(0);
    expect(manifests.kind("HorizontalPodAutoscaler")).toEqual([]);
    for (const { spec } of manifests.kind("CronJob")) expect(spec.suspend).toBe(true);
    const fixed = { autoscaling: { enabled: false }, backup: { ...TRIED.backup, restore: "latest" } };
    expect((await render({ values: fixed })).get("Deployment", "blog").spec.replicas).toBe(0);
  });

  test("leaves nothing behind when it is no longer wanted", async () => {
    const manifests = await restoring("");
    expect(manifests.kind("Job")).toEqual([]);
    expect(manifests.get("Deployment", "blog").spec).not.toHaveProperty("replicas");
    expect(manifests.kind("HorizontalPodAutoscaler")).toHaveLength(1);
  });

  test("is of a name or of a time as well", async () => {
    const named = argsOf((await restoring("mysql/ghost/20261124T010000Z")).get("Job", "blog-restore"));
    expect(named.slice(0, 2)).toEqual(["restore", "mysql/ghost/20261124T010000Z"]);
    const at = argsOf((await restoring("2026-11-24T12:00:00Z")).get("Job", "blog-restore"));
    expect(at.slice(0, 3)).toEqual(["restore", "--at", "2026-11-24T12:00:00Z"]);
    const now = argsOf((await restoring("now")).get("Job", "blog-restore"));
    expect(now.slice(0, 3)).toEqual(["restore", "--at", "now"]);
    const more = argsOf((await restoring("latest", { restoreArgs: ["--server", "mysql"] })).get("Job", "blog-restore"));
    expect(more.slice(-2)).toEqual(["--server", "mysql"]);
  });

  test("may write into the blog's own buckets, when other keys are given for that", async () => {
    const bucket = { ...BACKUP.bucket, existingSecret: "writer", restoreSecret: "restorer" };
    const manifests = await restoring("latest", { bucket });
    const secret = (kind: string, name: string) =>
      podOf(manifests.get(kind, name)).containers[0].env.find(
        (variable: { name: string }) => variable.name === "AWS_ACCESS_KEY_ID",
      ).valueFrom.secretKeyRef.name;
    expect(secret("Job", "blog-restore")).toBe("restorer");
    expect(secret("CronJob", "blog-backup")).toBe("writer");
    const without = await restoring("latest", { content: false });
    expect(argsOf(without.get("Job", "blog-restore"))).not.toContain("--content");
    expect(configOf(without)).not.toHaveProperty("content");
  });

  test("knows the blog's server alone, by the administrator's account", async () => {
    const manifests = await render({ files: ["ci/production-values.yaml"], values: { backup: { restore: "latest" } } });
    const job = manifests.get("Job", "blog-restore");
    expect(secretsOf(job)).toContainEqual(["blog-administrator", "password", "passwords/mysql"]);
    const { servers } = configOf(manifests, "restore.json");
    expect(servers).toEqual([expect.objectContaining({ name: "mysql", user: "admin" })]);
    const [{ configMap }] = podOf(job).volumes[0].projected.sources;
    expect(configMap.items).toEqual([{ key: "restore.json", path: "config.json" }]);
  });
});

describeWith([helm], "values of backups are refused with what is to be written", () => {
  test.each([
    ["a restore without backups", { backup: { restore: "latest" } }, /set backup\.enabled=true/],
    ["no bucket", { ...OWN, backup: { ...BACKUP, bucket: {} } }, /set backup\.bucket\.name/],
    ["the blog's bucket", { ...OWN, backup: { ...BACKUP, bucket: { name: "blog-content" } } }, /the blog's own bucket/],
    ["another store", { ...OWN, backup: { ...BACKUP, bucket: { name: "b", region: "us-east-1" } } }, /content=false/],
    ["keys of no bucket", { backup: { enabled: true, bucket: { existingSecret: "a" } } }, /set backup\.bucket\.name/],
    [
      "no password",
      { ...OWN, backup: { ...BACKUP, database: {} } },
      /set backup\.database\.existingSecret to a Secret/,
    ],
    ["a user without a password", { backup: { enabled: true, database: { user: "a" } } }, /or neither for the root/],
    ["two servers of one name", { backup: { enabled: true, servers: [server("mysql")] } }, /give it another one/],
    ["a server without a password", { backup: { enabled: true, servers: [{ name: "shop" }] } }, /existingSecret/],
    ["a drill without its key", { backup: { enabled: true, recipients: [RECIPIENT] } }, /backup\.drill\.enabled=false/],
    [
      "a restore without its key",
      { backup: { enabled: true, recipients: [RECIPIENT], drill: { enabled: false }, restore: "latest" } },
      /set backup\.identity\.existingSecret/,
    ],
    ["what is no backup", { backup: { enabled: true, restore: "yesterday" } }, /restore.*pattern/is],
    [
      "a backup of another database",
      { backup: { enabled: true, restore: "shop/orders/20261124T010000Z" } },
      /a name that begins with mysql\/ghost\//,
    ],
  ])("%s", async (_name, values, said) => {
    expect(await refusal(values)).toMatch(said);
  });
});

function server(name: string): object {
  return { name, host: "10.0.0.7", user: "backup", existingSecret: "shop-mysql" };
}
