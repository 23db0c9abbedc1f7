import { createHash } from "node:crypto";
import { BucketView } from "../integration/bucket-view.ts";
import { ended, Ground } from "./ground.ts";
import type { Finished } from "./toolbox.ts";

const SCHEMA = "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1), (2)";

/** What readers and caches see of an object. */
export const METADATA = {
  ContentType: "image/jpeg",
  CacheControl: "public, max-age=31536000, immutable",
  ContentDisposition: 'attachment; filename="x.jpg"',
  ContentLanguage: "de",
  Metadata: { mark: "made-by-a-test" },
};

/** A message of the log, with its figures. */
export function told(run: Finished, message: string): Record<string, any> {
  const lines = run.stderr.split("\n").filter((line) => line.startsWith("{"));
  const found = lines
    .map((line) => JSON.parse(line) as Record<string, any>)
    .find((line) => line["message"] === message);
  if (!found) throw new Error(`It does not say "${message}":\n${run.stderr}`);
  return found;
}

/** Said of each bucket. */
export const MIRRORED = "content mirrored and verified";

/** A database, its backups, and a bucket with the content that belongs to it. */
export class Blog {
  readonly ground: Ground;
  readonly content: BucketView;
  readonly env: Record<string, string>;

  private constructor(ground: Ground) {
    this.ground = ground;
    this.content = new BucketView(ground.store, ground.bucket.name.replace("backups", "uploads"));
    this.env = ground.env("ghost", { ...ground.admin, BACKUP_CONTENT_BUCKETS: this.content.name });
  }

  static async make(): Promise<Blog> {
    const blog = new Blog(await Ground.make());
    await blog.ground.database("ghost", SCHEMA);
    await blog.content.create();
    return blog;
  }

  run(...argv: string[]): Promise<Finished> {
    return this.ground.run(argv, this.env);
  }

  async restoreContent(...argv: string[]): Promise<Record<string, number | string>> {
    const run = await this.run("restore", "latest", "--content-only", "--json", ...argv);
    ended(run);
    return (JSON.parse(run.stdout) as { content: Record<string, number | string>[] }).content[0] ?? {};
  }

  mirrored(): Promise<string[]> {
    return this.ground.bucket.keys("content/");
  }

  /** Everything about the objects of a bucket that a reader could see. */
  async seen(bucket = this.content): Promise<Record<string, unknown>> {
    const seen: Record<string, unknown> = {};
    for (const key of await bucket.keys()) {
      const head = await bucket.head(key);
      const { ContentType, CacheControl, ContentDisposition, ContentLanguage, Metadata } = head;
      const digest = createHash("sha256")
        .update(await bucket.bytes(key))
        .digest("hex");
      seen[key] = { digest, ContentType, CacheControl, ContentDisposition, ContentLanguage, Metadata };
    }
    return seen;
  }
}
