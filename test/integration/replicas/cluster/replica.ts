import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { installGhost, type GhostVersion } from "@stateless-ghost/local";
import type { Target } from "./balancer.ts";
import { emptyContent, placeGhost, replicaPaths } from "./folder.ts";
import { answersWell } from "./probe.ts";

/** Ends Ghost when this program is gone. */
const GUARD = join(dirname(createRequire(import.meta.url).resolve("@stateless-ghost/local")), "ghost-guard.mjs");

/** Makes the site's name known to it. */
const HOSTS = join(import.meta.dirname, "hosts.mjs");

/** Three first boots on two busy cores. */
const BOOT_MS = 120_000;

/** Longer than any drain that a test configures. */
const STOP_MS = 90_000;

const POLL_MS = 50;

export interface ReplicaOptions {
  index: number;
  /** Where visitors find the blog. */
  site: string;
  directory: string;
  port: number;
  /** Of a replica that has such an endpoint. */
  healthPort: number | undefined;
  /** The file to run, from the replica's folder. */
  program: string;
  /** Folder of Ghost. */
  installation: string;
  env: Record<string, string>;
}

export interface StartOptions {
  /** Begin with the content folder of a new machine. */
  emptied?: boolean;
  /** Run another Ghost from now on. */
  ghostVersion?: GhostVersion;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One process of Ghost with a folder and a port of its own. */
export class Replica implements Target {
  readonly index: number;
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  readonly healthPort: number | undefined;
  /** Settles when the process that was started last has ended. */
  exited: Promise<Exit> = Promise.resolve({ code: null, signal: null });
  readonly #options: ReplicaOptions;
  readonly #headers: Record<string, string>;
  #installation: string;
  #child: ChildProcess | undefined;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#installation = options.installation;
    this.index = options.index;
    this.port = options.port;
    this.directory = options.directory;
    this.healthPort = options.healthPort;
    this.url = `http://127.0.0.1:${options.port}`;
    const { host, protocol } = new URL(options.site);
    this.#headers = { host, "x-forwarded-proto": protocol.slice(0, -1) };
  }

  /** Where `/livez`, `/readyz` and `/metrics` are. */
  get healthUrl(): string {
    if (this.healthPort === undefined) throw new Error("Stock Ghost has no health endpoint.");
    return `http://127.0.0.1:${this.healthPort}`;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`Replica ${this.index} was not started.`);
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the process; does not wait until it is ready. */
  async start({ emptied = false, ghostVersion }: StartOptions = {}): Promise<void> {
    if (this.running) throw new Error(`Replica ${this.index} runs.`);
    const { directory } = this;
    if (ghostVersion) {
      this.#installation = (await installGhost({ version: ghostVersion })).directory;
      await placeGhost(directory, this.#installation);
    }
    if (emptied) await emptyContent(directory, this.#installation);
    const paths = replicaPaths(directory);
    const log = openSync(paths.log, "a");
    const child = spawn(process.execPath, ["--import", GUARD, "--import", HOSTS, this.#options.program], {
      cwd: directory,
      env: { ...environment(paths.temporary, this.index), ...this.#options.env },
      stdio: ["ignore", log, log, "ipc"],
      // out of the terminal's group: Ctrl-C reaches this program, and this program ends Ghost
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    // by this it is found and ended, even if this program is killed
    writeFileSync(paths.pid, String(child.pid));
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => void rm(paths.pid, { force: true }).then(() => resolve({ code, signal })));
    });
  }

  /** Answers with how the process ended, once it has. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<Exit> {
    if (this.running) process.kill(this.pid, signal);
    return this.exited;
  }

  /** Ends the process as Kubernetes does: SIGTERM, and patience. */
  async stop(): Promise<Exit> {
    const gave = new AbortController();
    const patience = sleep(STOP_MS, undefined, { signal: gave.signal }).then(
      () => this.kill("SIGKILL"),
      () => {},
    );
    const exit = await this.kill("SIGTERM");
    gave.abort();
    await patience;
    return exit;
  }

  async restart(options: StartOptions = {}): Promise<void> {
    await this.stop();
    await this.start(options);
    await this.ready();
  }

  /** Stops the process where it is, connections and all. */
  pause(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  resume(): void {
    process.kill(this.pid, "SIGCONT");
  }

  /** What all processes of this replica have said so far. */
  log(): Promise<string> {
    return readFile(replicaPaths(this.directory).log, "utf8").catch(() => "");
  }

  async isReady(): Promise<boolean> {
    if (this.healthPort !== undefined) return answersWell(`${this.healthUrl}/readyz`);
    return answersWell(`${this.url}/ghost/api/admin/site/`, this.#headers);
  }

  async ready(timeoutMs: number = BOOT_MS): Promise<void> {
    for (const deadline = Date.now() + timeoutMs; !(await this.isReady()); await sleep(POLL_MS)) {
      if (this.running && Date.now() < deadline) continue;
      const what = this.running ? `is not ready after ${timeoutMs / 1000} s` : "ended";
      const lines = (await this.log()).trimEnd().split("\n").slice(-30);
      throw new Error(`Replica ${this.index} ${what}:\n${lines.join("\n")}`);
    }
  }

  /** A page from this process, as a visitor of the site would ask for it. */
  get(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...this.#headers, ...(init.headers as Record<string, string>) };
    return fetch(`${this.url}${path}`, { redirect: "manual", ...init, headers });
  }

  async text(path: string): Promise<string> {
    return (await this.get(path)).text();
  }
}

/** Ghost reads settings from the environment, so that it gets none but what a process needs. */
function environment(temporary: string, index: number): NodeJS.ProcessEnv {
  const kept = ["PATH", "HOME", "LANG", "TZ"];
  const env = Object.fromEntries(kept.map((name) => [name, process.env[name]]).filter(([, value]) => value));
  return { ...env, NODE_ENV: "production", TMPDIR: temporary, HOSTNAME: `replica-${index}` };
}
