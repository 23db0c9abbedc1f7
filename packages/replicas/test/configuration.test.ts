import { describe, expect, test } from "vitest";
import { readConfiguration } from "../src/configuration/configuration.ts";
import { Failure } from "../src/failure.ts";
import type { Ghost } from "../src/ghost/ghost.ts";

/** Ghost's own address, and the rest as a template leaves it that nobody has filled in. */
const DEFAULTS = {
  url: "http://localhost:2368",
  "database:client": "mysql2",
  "database:connection:host": "",
  "database:connection:user": "",
  "database:connection:password": "",
  "database:connection:database": "",
};

const WHOLE = {
  url: "https://blog.example.com",
  "database:connection:host": "mysql",
  "database:connection:user": "ghost",
  "database:connection:password": "secret",
  "database:connection:database": "ghost",
};

const BLOCK = { stateless: true, bucket: "my-blog-private" };

interface Uploads {
  name?: string;
  options?: Record<string, unknown>;
  /** What the adapter's check throws. */
  refusal?: unknown;
}

function ghostWith(set: Record<string, unknown>, { name = "s3", options = {}, refusal }: Uploads = {}) {
  const memory = new Map<string, unknown>();
  const stores = {
    env: { get: (key: string) => set[key] },
    defaults: { get: (key: string) => DEFAULTS[key as keyof typeof DEFAULTS] },
  };
  const Adapter = {
    validate() {
      if (refusal !== undefined) throw refusal;
    },
  };
  const ghost = {
    config: {
      stores,
      get: (key: string) => memory.get(key) ?? stores.env.get(key) ?? stores.defaults.get(key),
      set: (key: string, value: unknown) => memory.set(key, value),
    },
    use: () => ({ default: { loadAdapter: () => ({ Adapter, adapterConfig: options, adapterClassName: name }) } }),
  };
  return ghost as unknown as Ghost;
}

describe("a blog that keeps nothing on its disk", () => {
  test("is told all that is missing at once, by the names of the variables", () => {
    const bucket = { key: "bucket", given: "missing", expected: "the bucket's name" };
    const failure = failureOf(ghostWith({ replicas: { stateless: true } }, { refusal: { errorDetails: [bucket] } }));
    expect(failure.exitCode).toBe(64);
    expect(failure.message.split("\n")).toEqual([
      "Ghost's configuration has 7 mistakes:",
      '  - url: missing; expected the blog\'s address, as in "https://blog.example.com"',
      '  - database__connection__host: missing; expected the server\'s name, as in "mysql.example.com"',
      '  - database__connection__user: missing; expected a user of the database, as in "ghost"',
      "  - database__connection__password: missing; expected the user's password",
      '  - database__connection__database: missing; expected the name of a database, as in "ghost"',
      "  - storage__s3__bucket: missing; expected the bucket's name",
      '  - replicas__bucket: missing; expected the bucket\'s name, as in "my-blog-private"',
    ]);
  });

  test("starts with a database, a bucket for uploads and one for the rest", () => {
    expect(readConfiguration(ghostWith({ ...WHOLE, replicas: BLOCK })).bucket).toBe("my-blog-private");
  });

  test("may reach MySQL by a socket", () => {
    const { "database:connection:host": _, ...rest } = WHOLE;
    const set = { ...rest, "database:connection:socketPath": "/run/mysql.sock", replicas: BLOCK };
    expect(readConfiguration(ghostWith(set)).stateless).toBe(true);
  });

  test("refuses a database and uploads on this disk", () => {
    const set = { url: WHOLE.url, "database:client": "better-sqlite3", replicas: BLOCK };
    const { message } = failureOf(ghostWith(set, { name: "LocalImagesStorage" }));
    expect(message).toContain('database__client: given "better-sqlite3", a file of this disk; expected "mysql"');
    expect(message).toContain(
      'storage__images__adapter: given "LocalImagesStorage", which writes to this disk; expected an adapter for a bucket',
    );
  });

  test("passes on what another adapter says of its options", () => {
    const { message } = failureOf(ghostWith({ ...WHOLE, replicas: BLOCK }, { refusal: new Error("no region") }));
    expect(message).toContain("has 1 mistake:\n  - storage__s3: no region; expected what the adapter accepts");
  });

  test("has the uploads' addresses from the storage, unless they are set", () => {
    const options = { cdnUrl: "https://cdn.example.com/", tenantPrefix: "anna" };
    const ghost = ghostWith({ ...WHOLE, "urls:media": "https://video.example.com", replicas: BLOCK }, { options });
    readConfiguration(ghost);
    expect(["image", "media", "files"].map((name) => ghost.config.get(`urls:${name}`))).toEqual([
      "https://cdn.example.com/anna",
      "https://video.example.com",
      "https://cdn.example.com/anna",
    ]);
  });
});

test("without that, only the block itself is looked at", () => {
  expect(readConfiguration(ghostWith({})).bucket).toBeUndefined();
  expect(failureOf(ghostWith({ replicas: { bukket: "x" } })).message).toContain('The block "replicas"');
});

test("a configuration that Ghost cannot read is a mistake in it", () => {
  const ghost = {
    get config() {
      throw new Error("URL in config must be provided with protocol");
    },
  } as unknown as Ghost;
  const failure = failureOf(ghost);
  expect(failure.exitCode).toBe(64);
  expect(failure.message).toContain("URL in config must be provided with protocol");
});

function failureOf(ghost: Ghost): Failure {
  try {
    readConfiguration(ghost);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("There was no mistake");
}
