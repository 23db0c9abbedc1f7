import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { GhostVersion } from "@stateless-ghost/local";
import { execa } from "execa";

const ROOT = join(import.meta.dirname, "../..");

/** The image of this project, built from the checkout; what did not change is taken from Docker's cache. */
export async function buildImage(version: GhostVersion): Promise<string> {
  const tag = `stateless-ghost/ghost:${version}`;
  await build(["-f", "docker/ghost/Dockerfile", "--build-arg", `GHOST_VERSION=${version}`, "-t", tag, "."]);
  return tag;
}

/** The image of packages/backup, built from the checkout as well. */
export async function buildBackupImage(): Promise<string> {
  const tag = "stateless-ghost/backup:0.1.0";
  await build(["-f", "docker/backup/Dockerfile", "-t", tag, "."]);
  return tag;
}

/** The image that the official recipe makes of the same Ghost. */
export async function buildOfficial(version: GhostVersion): Promise<string> {
  const tag = `stateless-ghost/official:${version}`;
  const context = "test/bench/image/official";
  await build(["-f", "test/bench/official.Dockerfile", "--build-arg", `GHOST_VERSION=${version}`, "-t", tag, context]);
  return tag;
}

/** @param reject whether a build that fails is an error */
export async function build(args: readonly string[], reject = true): Promise<{ exitCode?: number; all: string }> {
  const npmrc = join(homedir(), ".npmrc");
  // a registry of one's own: a secret is in no layer
  const secret = existsSync(npmrc) ? ["--secret", `id=npmrc,src=${npmrc}`] : [];
  const { exitCode, all } = await execa("docker", ["build", "--progress=plain", ...secret, ...args], {
    cwd: ROOT,
    env: { DOCKER_BUILDKIT: "1" },
    all: true,
    stdin: "ignore",
    reject,
  });
  return { ...(exitCode !== undefined && { exitCode }), all };
}

/** What Docker says of an image. */
export async function inspect(image: string): Promise<Inspected> {
  const { stdout } = await execa("docker", ["image", "inspect", image]);
  return JSON.parse(stdout)[0];
}

export interface Inspected {
  Size: number;
  Config: {
    User: string;
    Labels: Record<string, string>;
    Env: string[];
    Entrypoint: string[];
    Volumes?: object | null;
  };
}

/** Runs a command in an image to its end. */
export function runOnce(image: string, options: readonly string[] = [], command: readonly string[] = []) {
  return execa("docker", ["run", "--rm", ...options, image, ...command], {
    all: true,
    reject: false,
    stdin: "ignore",
    timeout: 60_000,
  });
}

/** Paths of all that is in an image. */
export async function filesIn(image: string): Promise<string[]> {
  const { stdout: id } = await execa("docker", ["create", image]);
  try {
    const { stdout } = await execa("sh", ["-c", `docker export ${id} | tar t`], { maxBuffer: 100 * 1024 * 1024 });
    return stdout.split("\n").map((path) => `/${path}`);
  } finally {
    await execa("docker", ["rm", id]);
  }
}
