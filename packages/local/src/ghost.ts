import { spawn, type ChildProcess } from "node:child_process";
import { cp, lstat, mkdir, open, readdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./failure.ts";
import { ghostConfig, ghostPaths } from "./ghost-config.ts";
import type { GhostInstallation } from "./ghost-install.ts";
import { LOOPBACK } from "./ports.ts";

/** A cold boot with all migrations takes about 10 s on two busy cores. */
const BOOT_MS = 180_000;

/** Ghost ends its connections after 2 s; what lasts longer is stuck. */
const STOP_MS = 10_000;

/** Of Ghost's content folder, what it does not make itself. */
const CONTENT_FOLDERS = ["adapters", "data", "files", "images", "logs", "media", "public", "settings", "themes"];

/** Above this the log of earlier runs is dropped. */
const LOG_BYTES = 16 * 1024 * 1024;

export interface GhostOptions {
  installation: GhostInstallation;
  /** Folder for the database, the content folder, the configuration and the log; made when missing. */
  directory: string;
  port: number;
  /** Where visitors find the blog; default the port on localhost. */
  url?: string;
  cdnUrl: string;
  /** Ghost's `storage` block. */
  storage: object;
  /** Folder of the built adapter package, if the storage block names it. */
  adapter?: string | undefined;
  /** More of Ghost's settings, over those of this package. */
  config?: object;
  signal?: AbortSignal | undefined;
}

export interface Ghost {
  url: string;
  pid: number;
  directory: string;
  /** Settles when the process has ended, whoever ended it. */
  exited: Promise<void>;
  stop(): Promise<void>;
}

/** Ghost as a process of its own, unmodified; resolves when it answers. */
export async function startGhost(options: GhostOptions): Promise<Ghost> {
  const { directory, port, signal } = options;
  const url = options.url ?? `http://localhost:${port}`;
  const paths = ghostPaths(directory);
  await prepare(options, url);
  signal?.throwIfAborted();

  const log = await open(paths.log, "a");
  const child = spawn(
    process.execPath,
    ["--import", join(import.meta.dirname, "ghost-guard.mjs"), "current/index.js"],
    {
      cwd: directory,
      env: environment(paths.temporary),
      stdio: ["ignore", log.fd, log.fd, "ipc"],
      // out of the terminal's group: a Ctrl-C reaches this program, and this program ends Ghost
      detached: true,
    },
  );
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  await log.close();
  const stop = () => end(child, exited);
  try {
    await answers(child, port, signal);
  } catch (error) {
    await stop();
    throw error instanceof Failure ? await withLog(error, paths.log) : error;
  }
  return { url, pid: child.pid!, directory, exited, stop };
}

async function prepare({ installation, directory, port, cdnUrl, storage, adapter, config }: GhostOptions, url: string) {
  const paths = ghostPaths(directory);
  await rm(paths.temporary, { recursive: true, force: true });
  for (const folder of CONTENT_FOLDERS) await mkdir(join(paths.content, folder), { recursive: true });
  await mkdir(join(paths.adapters, "storage"), { recursive: true });
  await mkdir(paths.temporary, { recursive: true });
  const shipped = join(installation.directory, "content/themes");
  for (const theme of await readdir(shipped)) {
    await link(join(shipped, theme), join(paths.content, "themes", theme));
  }
  // as Ghost's own command line lays it out: by this Ghost finds its package.json from the folder it runs in
  await link(installation.directory, join(directory, "current"));
  if (adapter) await placeAdapter(adapter, installation, paths.adapters);
  const settings = { ...ghostConfig({ url, port, cdnUrl, directory, storage }), ...config };
  // it holds the key of the bucket
  await writeFile(paths.config, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  const log = await stat(paths.log).catch(() => undefined);
  if (log && log.size > LOG_BYTES) await rm(paths.log);
}

/** A copy, so that a new build of the adapter does not change it under a running Ghost. */
async function placeAdapter(adapter: string, installation: GhostInstallation, adapters: string): Promise<void> {
  const place = join(adapters, "storage/stateless-ghost");
  await rm(place, { recursive: true, force: true });
  await cp(adapter, place, { recursive: true });
  // the adapter takes sharp from the Ghost that it runs in
  await mkdir(join(adapters, "node_modules"), { recursive: true });
  await link(await realpath(join(installation.directory, "node_modules/sharp")), join(adapters, "node_modules/sharp"));
}

/** Points the link at the target; a folder in its place, such as an uploaded theme, stays. */
async function link(target: string, path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory()) return;
  await rm(path, { force: true });
  await symlink(target, path, "junction");
}

/** Ghost reads settings from the environment, so that it gets none but what a process needs. */
function environment(temporary: string): NodeJS.ProcessEnv {
  const kept = ["PATH", "HOME", "LANG", "TZ", "SystemRoot", "NODE_EXTRA_CA_CERTS"];
  const env = Object.fromEntries(kept.map((name) => [name, process.env[name]]).filter(([, value]) => value));
  return { ...env, NODE_ENV: "production", TMPDIR: temporary };
}

async function answers(child: ChildProcess, port: number, signal: AbortSignal | undefined): Promise<void> {
  let reason: string | undefined;
  child.on("message", (message: { error?: { message?: string } }) => {
    if (message.error) reason = message.error.message;
  });
  child.on("error", (error) => {
    reason = error.message;
  });
  const deadline = Date.now() + BOOT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Failure(`Ghost ended while it started${reason ? `: ${reason}` : ""}.`);
    }
    const answer = await fetch(`http://${LOOPBACK}:${port}/ghost/api/admin/site/`, { redirect: "manual" }).catch(
      () => undefined,
    );
    await answer?.body?.cancel();
    if (answer?.status === 200) return;
    await sleep(100, undefined, { signal });
  }
  throw new Failure(`Ghost did not answer within ${BOOT_MS / 1000} s.`);
}

async function withLog(failure: Failure, path: string): Promise<Failure> {
  const log = await readFile(path, "utf8").catch(() => "");
  const lines = log.trimEnd().split("\n").slice(-25);
  return new Failure(failure.message, {
    effect: lines.join("\n"),
    next: `All that Ghost said is in ${path}.`,
    error: failure,
  });
}

async function end(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const gave = new AbortController();
  const patience = sleep(STOP_MS, undefined, { signal: gave.signal }).then(
    () => child.kill("SIGKILL"),
    () => {},
  );
  await exited;
  gave.abort();
  await patience;
}
