import { performance } from "node:perf_hooks";
import { execa } from "execa";
import { makeBlog } from "../../image/blog.ts";
import { Container } from "../../image/container.ts";
import { inspect } from "../../image/images.ts";
import { documentedFolders } from "../../image/writable.ts";
import type { Minio } from "../../integration/commands/bucket.ts";
import type { Mysql } from "../../integration/replicas/cluster/mysql.ts";
import type { Row } from "../row.ts";
import { OFFICIAL, official, OURS, ours, uncached, type Images, type Subject } from "./subjects.ts";

export interface Bench {
  readonly mysql: Mysql;
  readonly minio: Minio;
  readonly images: Images;
  readonly runs: number;
  progress(line: string): void;
}

export async function measureSizes(images: Images): Promise<Row[]> {
  return [await sizeOf(OURS, images.ours), await sizeOf(OFFICIAL, images.official)];
}

/** All files of all layers, as `docker images` shows it. */
async function sizeOf(subject: string, image: string): Promise<Row> {
  const { Size } = await inspect(image);
  return { subject, case: "image-size", metric: "size", value: Size / 1e6, unit: "MB" };
}

/** Starts of new containers, one subject after the other, again and again. */
export async function* measureStarts({ mysql, minio, images, runs, progress }: Bench): AsyncGenerator<Row> {
  const { stdout: volume } = await execa("docker", ["volume", "create"]);
  try {
    const [blog, theirs] = [await makeBlog(mysql, minio), await makeBlog(mysql, minio)];
    const writable = await documentedFolders("ghost");
    const subjects = [ours(images, blog, writable), official(images, theirs, volume), uncached(images, blog, writable)];
    progress("  first starts, on empty databases");
    for (const subject of subjects) await secondsOf(subject);
    for (let run = 0; run < runs; run += 1) {
      progress(`  run ${run + 1}`);
      for (const subject of run % 2 === 0 ? subjects : subjects.toReversed()) {
        const value = await secondsOf(subject);
        yield { subject: subject.name, case: "image-start", metric: "home", value, unit: "s" };
      }
    }
  } finally {
    await execa("docker", ["volume", "rm", volume]);
  }
}

/** From the start of a new container to the first home page. */
async function secondsOf({ blog, options }: Subject): Promise<number> {
  const container = await Container.create(options);
  try {
    const began = performance.now();
    await container.start();
    await container.answers(blog.address, "/", blog.url);
    const seconds = (performance.now() - began) / 1000;
    await container.end("SIGTERM");
    return seconds;
  } finally {
    await container.remove();
  }
}
