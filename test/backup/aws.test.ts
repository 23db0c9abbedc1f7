import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  type StorageClass,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { restrictedCredentials } from "../integration/commands/restricted-credentials.ts";
import { ministack, startAws, type Aws } from "./aws.ts";
import { ended, Ground } from "./ground.ts";
import { naming, shownOn } from "./page.ts";

interface Finding {
  readonly setting: string;
  readonly state: string;
}

const SCHEMA = "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1), (2)";

/** What a run needs to talk to the emulator instead of MinIO. */
const at = (aws: Aws, bucket: string): Record<string, string> => ({
  BACKUP_BUCKET: bucket,
  AWS_ENDPOINT_URL_S3: aws.endpoint,
  AWS_ACCESS_KEY_ID: aws.accessKeyId,
  AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
  NODE_EXTRA_CA_CERTS: aws.certificate,
});

describeWith([docker, ministack], "a bucket of AWS", () => {
  const Bucket = "set-up";
  let ground: Ground;
  let aws: Aws;
  let env: Record<string, string>;

  beforeAll(async () => {
    [ground, aws] = await Promise.all([Ground.make(), startAws()]);
    await aws.client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    env = ground.env("ghost", at(aws, Bucket));
  });

  afterAll(async () => aws.stop());

  it("holds all that is set, and says so when it is asked again", async () => {
    ended(await ground.run(["bucket", "--dry-run"], env), 1);
    const run = await ground.run(["bucket", "--object-lock", "30", "--json"], env);
    ended(run);
    const findings = JSON.parse(run.stdout) as Finding[];
    expect(findings.filter(({ state }) => state !== "holds")).toEqual([]);
    expect(findings.map(({ setting }) => setting)).toEqual([
      "versioning",
      "lifecycle: gone after 365 days",
      "lifecycle: dumps in STANDARD_IA after 30 days, in GLACIER after 90",
      "lifecycle of binary logs: gone after 35 days",
      "public access block",
      "encryption by the store",
      "policy: TLS only",
      "object lock: 30 days",
    ]);
    ended(await ground.run(["bucket", "--dry-run", "--object-lock", "30"], env));
  });

  it("moves dumps after 30 and 90 days, and removes everything after 365", async () => {
    const { Rules = [] } = await aws.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(Rules).toHaveLength(3);
    const [expiry, tiers, logs] = Rules;
    expect(expiry).toMatchObject({ Status: "Enabled", Filter: { Prefix: "mysql/" }, Expiration: { Days: 365 } });
    expect(tiers).toMatchObject({
      Status: "Enabled",
      Filter: { And: { Prefix: "mysql/", ObjectSizeGreaterThan: 1024 * 1024 } },
      Transitions: [
        { Days: 30, StorageClass: "STANDARD_IA" },
        { Days: 90, StorageClass: "GLACIER" },
      ],
    });
    expect(logs).toMatchObject({ Filter: { Prefix: "mysql-binlog/" }, Expiration: { Days: 35 } });
  });

  it("keeps versions, is encrypted, locked, and closed to the public", async () => {
    const { client } = aws;
    expect((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe("Enabled");
    const { ServerSideEncryptionConfiguration } = await client.send(new GetBucketEncryptionCommand({ Bucket }));
    expect(JSON.stringify(ServerSideEncryptionConfiguration)).toContain("AES256");
    const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(ObjectLockConfiguration?.Rule?.DefaultRetention).toEqual({ Mode: "GOVERNANCE", Days: 30 });
    const { PublicAccessBlockConfiguration } = await client.send(new GetPublicAccessBlockCommand({ Bucket }));
    expect(Object.values(PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
  });

  it("answers with TLS only", async () => {
    const { Policy } = await aws.client.send(new GetBucketPolicyCommand({ Bucket }));
    expect(JSON.parse(Policy ?? "{}").Statement).toMatchObject([{ Effect: "Deny", Principal: "*" }]);
    // the emulator lets the owner of the account do everything
    const all = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] };
    const credentials = await restrictedCredentials(aws.plain, all, "anybody");
    const open = new S3Client({ ...aws.plain, credentials, forcePathStyle: true });
    const closed = aws.clientOf(credentials);
    await expect(open.send(new ListObjectsV2Command({ Bucket }))).rejects.toThrow(/denied|explicit deny/i);
    await closed.send(new ListObjectsV2Command({ Bucket }));
    open.destroy();
    closed.destroy();
  });
});

describeWith([docker, ministack], "a dump in an archive", () => {
  const Bucket = "archive";
  let ground: Ground;
  let aws: Aws;
  let env: Record<string, string>;
  let key: string;

  beforeAll(async () => {
    [ground, aws] = await Promise.all([Ground.make(), startAws()]);
    await aws.client.send(new CreateBucketCommand({ Bucket }));
    await ground.database("archived", SCHEMA);
    env = ground.env("archived", { ...at(aws, Bucket), ...ground.admin });
    ended(await ground.run(["run"], env));
    const { Contents = [] } = await aws.client.send(new ListObjectsV2Command({ Bucket }));
    key = Contents.map(({ Key = "" }) => Key).find((one) => one.includes("dump")) ?? "";
  });

  beforeEach(async () => {
    await ground.source.drop("thawed");
    await moveTo("GLACIER");
  });

  afterAll(async () => {
    await ground.source.drop("thawed");
    await aws.stop();
  });

  /** As the lifecycle does; a copy that was brought back is gone then. */
  const moveTo = (StorageClass: StorageClass): Promise<unknown> =>
    aws.client.send(new CopyObjectCommand({ Bucket, Key: key, CopySource: `${Bucket}/${key}`, StorageClass }));

  const asked = async (): Promise<string | undefined> =>
    (await aws.client.send(new HeadObjectCommand({ Bucket, Key: key }))).Restore;

  async function untilAsked(): Promise<void> {
    for (const deadline = Date.now() + 30_000; !(await asked())?.includes('"true"');) {
      if (Date.now() > deadline) throw new Error("The dump was not asked for.");
    }
  }

  const posts = async (): Promise<unknown> => ground.source.query("SELECT id FROM thawed.posts ORDER BY id");

  it("is shown as such", async () => {
    const listed = await ground.run(["list"], env);
    expect(listed.stdout).toMatch(/^blog\/archived\/\d{8}T\d{6}Z {2}archived in GLACIER\n?$/);
    const json = JSON.parse((await ground.run(["list", "--json"], env)).stdout) as object[];
    expect(json).toMatchObject([{ database: "archived", storageClass: "GLACIER" }]);
    expect((await ground.run(["list", "--long"], env)).stdout).toContain("archived in GLACIER");
  });

  it("is asked for, waited for and restored", async () => {
    const run = await ground.run(["restore", "latest", "--into", "thawed"], env);
    ended(run);
    expect(run.stderr).toMatch(/archived and was asked for.*"tier":"Standard","usual":"3 to 5 hours","days":7/);
    expect(run.stderr).toContain("the dump was brought back");
    expect(await posts()).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it("is asked for and left to the store with --no-thaw-wait; the next run goes on", async () => {
    const first = await ground.run(["restore", "latest", "--into", "thawed", "--no-thaw-wait", "--tier", "Bulk"], env);
    ended(first, 75);
    expect(first.stderr).toContain("Bulk usually takes 5 to 12 hours");
    expect(await ground.source.databases()).not.toContain("thawed");
    const second = await ground.run(["restore", "latest", "--into", "thawed", "--no-thaw-wait"], env);
    ended(second, 75);
    expect(second.stderr).toContain("being brought back already");
    ended(await ground.run(["restore", "latest", "--into", "thawed"], env));
    expect(await posts()).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it("stays asked for when the wait is ended", async () => {
    const run = ground.start(["restore", "latest", "--into", "thawed"], env);
    await untilAsked();
    await run.kill("SIGTERM");
    const { exitCode, stderr } = await run.ended;
    expect(exitCode, stderr).toBe(143);
    expect(stderr).toContain("the store goes on bringing it back");
    expect(await asked()).toContain("ongoing-request");
    expect(await ground.source.databases()).not.toContain("thawed");
  });

  it("comes back as the page says", async () => {
    const blocks = (await shownOn("the-worst-day.md")).filter(({ heading }) => heading === "From an archive");
    expect(blocks).toHaveLength(2);
    await ground.source.drop("ghost_archived");
    const [name = ""] = /blog\/\w+\/\w+/.exec(key) ?? [];
    for (const [index, { script }] of blocks.entries()) {
      ended(await ground.sh(naming(script, name), env), index === 0 ? 75 : 0);
    }
    expect(await ground.source.query("SELECT id FROM ghost_archived.posts")).toHaveLength(2);
    await ground.source.drop("ghost_archived");
  });

  it("is proven in a drill", async () => {
    const run = await ground.run(["verify", "latest"], env);
    ended(run);
    expect(run.stderr).toContain("archived and was asked for");
  });

  it.each([
    ["writer", 77],
    ["reader", 75],
  ])("is asked for with the policy of a %s: exit code %i", async (role, code) => {
    const printed = await ground.run(["bucket", "--policy", role], env);
    const keys = await restrictedCredentials(aws.plain, JSON.parse(printed.stdout) as object, role);
    const limited = {
      ...env,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
    };
    const run = await ground.run(["verify", "latest", "--no-thaw-wait"], limited);
    ended(run, code);
    expect(run.stderr).toContain(code === 77 ? "backup bucket --policy reader" : "Standard usually takes");
  });

  it("is not asked for when the restore would be refused", async () => {
    const refused = await ground.run(["restore", "latest"], env);
    ended(refused, 64);
    expect(refused.stderr).toContain("is not empty");
    expect(await asked()).toBeUndefined();
  });

  it("comes from DEEP_ARCHIVE in hours, and not in minutes", async () => {
    await moveTo("DEEP_ARCHIVE");
    const refused = await ground.run(["verify", "latest", "--tier", "Expedited"], env);
    ended(refused, 64);
    expect(refused.stderr).toContain("nothing was asked for");
    expect(await asked()).toBeUndefined();
    const left = await ground.run(["verify", "latest", "--no-thaw-wait"], env);
    ended(left, 75);
    expect(left.stderr).toContain("Standard usually takes up to 12 hours");
  });
});
