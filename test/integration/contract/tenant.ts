import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BucketView } from "../bucket-view.ts";
import type { BuiltAdapter, Feature, Storage, Upload } from "../built-adapter.ts";

export const CDN = "https://cdn.example.com";
export const SITE = "https://blog.example.com";

/** What all tests of one run of the contract share. */
export interface Ground {
  adapter: BuiltAdapter;
  bucket: BucketView;
  /** Whether the store refuses `If-None-Match: *` on a taken key; without it names get a random suffix. */
  conditionalWrites: boolean;
  /** Folder for temporary files. */
  folder: string;
}

/** One blog in the shared bucket: every test has a folder of its own. */
export class Tenant {
  readonly prefix = `tenant-${randomUUID().slice(0, 8)}`;
  readonly ground: Ground;

  constructor(ground: Ground) {
    this.ground = ground;
  }

  options(more: object = {}): Record<string, unknown> {
    const { bucket } = this.ground;
    return {
      ...bucket.access,
      bucket: bucket.name,
      forcePathStyle: true,
      cdnUrl: CDN,
      siteUrl: SITE,
      tenantPrefix: this.prefix,
      ...more,
    };
  }

  storage(feature: Feature = "images", more: object = {}): Storage {
    const StorageClass = this.ground.adapter.feature(feature);
    return new StorageClass(this.options(more));
  }

  /** A temporary file as Ghost's form parser leaves it. */
  async file(name: string, bytes: Uint8Array | string = name, more: Partial<Upload> = {}): Promise<Upload> {
    const path = join(this.ground.folder, randomUUID());
    await writeFile(path, bytes);
    return { name, path, ...more };
  }

  /** Keys of this blog, without its folder. */
  async keys(prefix = ""): Promise<string[]> {
    const keys = await this.ground.bucket.keys(`${this.prefix}/${prefix}`);
    return keys.map((key) => key.slice(this.prefix.length + 1)).filter((key) => !key.startsWith(".storage-s3/"));
  }

  bytes(key: string): Promise<Buffer> {
    return this.ground.bucket.bytes(`${this.prefix}/${key}`);
  }

  head(key: string): ReturnType<BucketView["head"]> {
    return this.ground.bucket.head(`${this.prefix}/${key}`);
  }

  put(key: string, body: string | Buffer, more: object = {}): Promise<void> {
    return this.ground.bucket.put(`${this.prefix}/${key}`, body, more);
  }

  /** The key behind a URL of the CDN. */
  keyOf(url: string): string {
    const base = `${CDN}/${this.prefix}/`;
    if (!url.startsWith(base)) throw new Error(`${url} is not below ${base}`);
    return decodeURIComponent(url.slice(base.length));
  }

  /** The name that an upload gets: as wished, or with a random suffix where the store cannot refuse a taken one. */
  named(stem: string, extension: string): RegExp {
    return new RegExp(`^${stem}${this.ground.conditionalWrites ? "" : "-[a-z2-9]{6}"}\\${extension}$`);
  }

  async uploads(): Promise<string[]> {
    return (await this.ground.bucket.uploads()).filter((key) => key.startsWith(`${this.prefix}/`));
  }
}
