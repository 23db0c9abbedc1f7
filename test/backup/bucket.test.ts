import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { beforeAll, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { restrictedCredentials } from "../integration/commands/restricted-credentials.ts";
import { ended, Ground } from "./ground.ts";

interface Finding {
  readonly setting: string;
  readonly state: string;
}

describeWith([docker], "the bucket", () => {
  let ground: Ground;
  let client: S3Client;

  beforeAll(async () => {
    ground = await Ground.make();
    await ground.database("ghost", "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1), (2)");
    const { endpoint, region, accessKeyId, secretAccessKey } = ground.store;
    client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
  });

  it("is set up as far as the store can, which is asked afterwards; rules of others stay", async () => {
    const Bucket = ground.bucket.name;
    const other = { ID: "others", Status: "Enabled" as const, Filter: { Prefix: "x/" }, Expiration: { Days: 5 } };
    await client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [other] } }),
    );
    const looked = await ground.run(["bucket", "--dry-run", "--json"], ground.env("ghost"));
    ended(looked, 1);
    const run = await ground.run(["bucket", "--json"], ground.env("ghost"));
    const found = Object.fromEntries(
      (JSON.parse(run.stdout) as Finding[]).map(({ setting, state }) => [setting, state]),
    );
    expect(found).toMatchObject({
      versioning: "holds",
      "lifecycle: gone after 365 days": "holds",
      // MinIO has no tiers of these names
      "lifecycle: dumps in STANDARD_IA after 30 days, in GLACIER after 90": "cannot",
      "lifecycle of binary logs: gone after 35 days": "holds",
      "public access block": "cannot",
      "policy: TLS only": "skipped",
    });
    const { Rules } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(Rules?.map(({ ID }) => ID).toSorted()).toEqual([
      "others",
      "stateless-ghost-backups",
      "stateless-ghost-binlog",
    ]);
  });

  it("takes backups with the writer's policy, which destroys nothing", async () => {
    const printed = await ground.run(["bucket", "--policy", "writer"], ground.env("ghost"));
    ended(printed);
    const keys = await restrictedCredentials(ground.store, JSON.parse(printed.stdout) as object);
    const writer = ground.env("ghost", {
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
    });
    ended(await ground.run(["run"], writer));
    const [name = ""] = await ground.backups();
    const { object } = await ground.manifest(name);
    const stolen = new S3Client({
      endpoint: ground.store.endpoint,
      region: ground.store.region,
      forcePathStyle: true,
      credentials: keys,
    });
    const { DeleteObjectCommand, DeleteObjectsCommand, PutBucketVersioningCommand } =
      await import("@aws-sdk/client-s3");
    const Bucket = ground.bucket.name;
    const Key = object.key as string;
    const attempts = [
      stolen.send(new DeleteObjectCommand({ Bucket, Key })),
      stolen.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } })),
      stolen.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [] } })),
    ];
    for (const attempt of await Promise.allSettled(attempts)) expect(attempt.status).toBe("rejected");
    const many = await stolen.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }));
    expect(many.Errors?.[0]?.Code).toBe("AccessDenied");
    ended(await ground.run(["verify", name], ground.env("ghost")));
  });

  it("is read with the reader's policy, which writes nothing", async () => {
    const printed = await ground.run(["bucket", "--policy", "reader"], ground.env("ghost"));
    const keys = await restrictedCredentials(ground.store, JSON.parse(printed.stdout) as object);
    const reader = ground.env("ghost", {
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
    });
    ended(await ground.run(["verify", "latest"], reader));
    ended(await ground.run(["restore", "latest", "--into", "ghost2"], { ...reader, ...ground.admin }));
    await ground.source.drop("ghost2");
    const run = await ground.run(["run"], reader);
    ended(run, 77);
    expect(run.stderr).toContain("refused CreateMultipartUpload");
  });
});
