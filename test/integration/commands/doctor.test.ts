import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { Minio } from "./bucket.ts";
import { StorageCommand } from "./command.ts";
import { restrictedCredentials } from "./restricted-credentials.ts";

interface Finding {
  readonly step: string;
  readonly status: string;
  readonly note?: string;
  readonly permission?: string;
  readonly help?: string;
}

describeWith([docker], "storage-s3 doctor", () => {
  let minio: Minio;
  let command: StorageCommand;

  beforeAll(async () => {
    minio = await Minio.start();
    command = await StorageCommand.build(minio.credentials);
  });

  afterAll(async () => {
    await command?.remove();
    await minio?.stop();
  });

  async function findings(args: readonly string[], env: Record<string, string> = {}): Promise<Map<string, Finding>> {
    const { stdout } = await command.run(["doctor", "--json", ...args], env);
    const { buckets } = JSON.parse(stdout) as { buckets: { findings: Finding[] }[] };
    return new Map(buckets.flatMap(({ findings: all }) => all).map((finding) => [finding.step, finding]));
  }

  /** Temporary keys for exactly these permissions. */
  async function allowedOnly(statements: readonly object[]): Promise<Record<string, string>> {
    const keys = await restrictedCredentials(minio, { Version: "2012-10-17", Statement: statements });
    return {
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
    };
  }

  test("finds everything well and leaves nothing behind", async () => {
    const bucket = await minio.bucket();
    const { exitCode, stdout, stderr } = await command.run([
      "doctor",
      ...bucket.flags,
      "--tenant-prefix",
      "blogs/anna",
    ]);
    expect(stderr).toBe("");
    expect(stdout.match(/^ok /gm)).toHaveLength(12);
    expect(stdout).not.toMatch(/^(failed|warn|skipped)/m);
    expect(exitCode).toBe(0);
    expect([...(await bucket.objects()).keys()]).toEqual([]);
    expect(await bucket.unfinished("")).toBe(0);
  });

  test("is content with the policy that it prints", async () => {
    const bucket = await minio.bucket();
    const args = [...bucket.flags, "--tenant-prefix", "blogs/anna"];
    const { stdout } = await command.run(["doctor", "--policy", ...args]);
    const { Statement } = JSON.parse(stdout) as { Statement: object[] };
    const found = await findings(args, await allowedOnly(Statement));
    expect([...found.values()].filter(({ status }) => status !== "ok")).toEqual([]);
  });

  test("names the permission that is missing, one by one", async () => {
    const bucket = await minio.bucket();
    const objects = `arn:aws:s3:::${bucket.name}/*`;
    const env = await allowedOnly([{ Effect: "Allow", Action: ["s3:PutObject", "s3:GetObject"], Resource: [objects] }]);
    const found = await findings(bucket.flags, env);
    const failed = [...found.values()].filter(({ status }) => status === "failed");
    expect(failed.map(({ step }) => step)).toEqual(["list", "multipart abort", "delete", "clean-up"]);
    expect(found.get("list")?.permission).toContain("s3:ListBucket");
    expect(found.get("delete")?.permission).toContain("s3:DeleteObject");
    expect(found.get("multipart abort")?.permission).toContain("s3:AbortMultipartUpload");
    expect(found.get("clean-up")?.note).toContain(".storage-s3/doctor-");
    expect(found.get("put")?.status).toBe("ok");
  });

  test("tells wrong credentials from missing permissions", async () => {
    const bucket = await minio.bucket();
    const found = await findings(bucket.flags, { AWS_SECRET_ACCESS_KEY: "wrong" });
    expect(found.get("put")).toMatchObject({
      status: "failed",
      help: "The secret does not belong to the access key: correct secretAccessKey.",
    });
    expect(found.get("put")?.permission).toBeUndefined();
    expect(found.get("list")?.status).toBe("skipped");
    expect(found.get("clock")?.status).toBe("ok");
    expect(found.has("clean-up")).toBe(false);
  });

  test("tells a missing bucket, no credentials and no store from each other", async () => {
    const bucket = await minio.bucket();
    const nowhere = await findings(["--bucket", "nowhere", ...bucket.flags.slice(2)]);
    expect(nowhere.get("put")?.note).toContain('There is no bucket "nowhere"');
    const nobody = await findings(bucket.flags, { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" });
    expect(nobody.get("put")?.note).toContain("There are no credentials");
    const nothing = await findings(["--bucket", "b", "--endpoint", "http://127.0.0.1:9"]);
    expect(nothing.get("put")?.note).toContain("cannot be reached (ECONNREFUSED)");
  });

  test("never shows a secret", async () => {
    const bucket = await minio.bucket();
    const { stdout, stderr } = await command.run(["doctor", "--verbose"], {
      storage__active: "s3",
      storage__s3__bucket: bucket.name,
      storage__s3__endpoint: minio.endpoint,
      storage__s3__accessKeyId: minio.accessKeyId,
      storage__s3__secretAccessKey: "geheim-geheim",
    });
    expect(stdout).toContain("environment storage__s3__bucket");
    expect(stdout).toMatch(/warn {2}Ghost keeps media on its own disk/);
    expect(stdout + stderr).not.toContain("geheim");
  });

  test("reads through the CDN, and not what is private", async () => {
    const bucket = await minio.bucket();
    const open = await cdnOf((path) => bucket.read(path));
    const careful = await cdnOf((path) =>
      path.startsWith("content/") ? bucket.read(path) : Promise.reject(new Error()),
    );
    try {
      const found = await findings([...bucket.flags, "--cdn-url", careful.url]);
      expect(found.get("read through the CDN")?.status).toBe("ok");
      expect(found.get("private/ through the CDN")?.status).toBe("ok");
      const leaky = await findings([...bucket.flags, "--cdn-url", open.url]);
      expect(leaky.get("private/ through the CDN")?.status).toBe("warn");
      const lost = await findings([...bucket.flags, "--cdn-url", `${careful.url}/elsewhere`]);
      expect(lost.get("read through the CDN")).toMatchObject({ status: "failed" });
      expect([...(await bucket.objects()).keys()]).toEqual([]);
    } finally {
      open.close();
      careful.close();
    }
  });
});

/** A CDN of a few lines: what the reader does not give it is forbidden. */
async function cdnOf(read: (path: string) => Promise<Buffer>): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    read(decodeURIComponent((request.url ?? "").slice(1))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(403).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
