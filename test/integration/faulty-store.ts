import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { startHttpProxy } from "../network/http-proxy.ts";
import { startProxy, type Proxy, type ProxyOptions } from "../network/proxy.ts";
import type { StatusFault } from "../network/status-fault.ts";
import { BucketView } from "./bucket-view.ts";
import { buildAdapter, type BuiltAdapter, type Storage } from "./built-adapter.ts";
import { Tenant } from "./contract/tenant.ts";
import { interfere, type Interference } from "./interference.ts";
import { startMinio, type Minio } from "./minio.ts";

/** The error that Ghost gets. */
export type Failure = Error & Record<"message" | "help" | "code" | "context" | "errorType", string>;

/** MinIO, and what can come between it and the adapter. */
export interface FaultyStore {
  tenant(): Tenant;
  adapterFolder(): string;
  /** A line that can be cut, and be slow. */
  line(options?: Partial<ProxyOptions>): Promise<Proxy>;
  /** A store that answers some requests with an error. */
  answering(fault: StatusFault): Promise<string>;
  /** A store that does to each operation what is decided. */
  interference(decide: Parameters<typeof interfere>[1]): Promise<Interference>;
  /** What the work fails with: it must say what happened and what to do, and nothing that is secret. */
  failure(work: Promise<unknown>): Promise<Failure>;
}

/** For a `describe` of its own: everything is started before its tests, and what a test opened ends with it. */
export function faultyStore(): FaultyStore {
  let minio: Minio;
  let bucket: BucketView;
  let adapter: BuiltAdapter;
  let folder: string;
  const endings: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    [minio, adapter, folder] = await Promise.all([startMinio(), buildAdapter(), mkdtemp(join(tmpdir(), "faults-"))]);
    bucket = new BucketView(minio, "faults");
    await bucket.create();
  });

  afterEach(async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  });

  afterAll(async () => {
    bucket.close();
    await Promise.all([minio.stop(), adapter.remove(), rm(folder, { recursive: true })]);
  });

  return {
    tenant: () => new Tenant({ adapter, bucket, conditionalWrites: true, folder }),
    adapterFolder: () => adapter.folder,
    async line(options = {}) {
      const proxy = await startProxy({ target: minio.endpoint, ...options });
      endings.push(proxy.close);
      return proxy;
    },
    async answering(fault) {
      const proxy = await startHttpProxy({ target: minio.endpoint });
      endings.push(proxy.close);
      proxy.set(fault);
      return proxy.url;
    },
    async interference(decide) {
      const proxy = await interfere(minio.endpoint, decide);
      endings.push(proxy.close);
      return proxy;
    },
    async failure(work) {
      const error = (await work.then(
        (value) => new Error(`there was none: ${String(value)}`),
        (reason: unknown) => reason,
      )) as Failure;
      expect(error).toMatchObject({ message: expect.stringMatching(/\.$/), help: expect.stringMatching(/\.$/) });
      const texts = [
        error.message,
        error.help,
        error.context,
        error.stack,
        inspect(error, { depth: 8 }),
        ...adapter.log,
      ];
      for (const text of texts) {
        expect(text ?? "").not.toContain(minio.secretAccessKey);
        expect(text ?? "").not.toContain("AWS4-HMAC-SHA256");
      }
      return error;
    },
  };
}

/** The adapter on such a store, without the question whether it knows conditional writes: no request too many. */
export const behind = (blog: Tenant, endpoint: string, more: object = {}): Storage =>
  blog.storage("media", { endpoint, conditionalWrites: true, ...more });

/** Whether neither objects nor parts of uploads remain, at the latest after the clean-up. */
export async function nothingStays(blog: Tenant): Promise<boolean> {
  return vi.waitUntil(async () => (await blog.uploads()).length === 0 && (await blog.keys()).length === 0, {
    interval: 50,
    timeout: 5000,
  });
}
