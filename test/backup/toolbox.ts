import { randomUUID } from "node:crypto";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { GenericContainer } from "testcontainers";
import { programOnPath } from "./program-on-path.ts";

const ROOT = join(import.meta.dirname, "../..");

const CLI = join(ROOT, "packages/backup/src/cli.ts");

const NODE = realpathSync(process.execPath);

/** As in the image that is made from it: mysqldump, mysqld, and the Node of this repository. */
const IMAGE = "mysql:9.7";

/** The account of mysqld in the image. */
const USER = "mysql";

/** Disks that are too small: for a new server, and for one that holds 128 MiB of rows. */
const SMALL_DISKS = { "/tiny": "rw,mode=1777,size=32m", "/small": "rw,mode=1777,size=288m" };

/** The last line that a run writes: its peak of memory. */
const PEAK = "data:text/javascript,process.on('exit',()=>console.error('peak-kib '+process.resourceUsage().maxRSS))";

export async function startToolbox(): Promise<{ id: string; stop(): Promise<void> }> {
  const container = await new GenericContainer(IMAGE)
    .withNetworkMode("host")
    .withEntrypoint(["sleep"])
    .withCommand(["infinity"])
    .withTmpFs(SMALL_DISKS)
    .withBindMounts([{ source: ROOT, target: ROOT, mode: "ro" }])
    .start();
  return {
    id: container.getId(),
    async stop() {
      await container.stop();
    },
  };
}

export interface Finished {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Peak of the program's own memory in MiB, NaN when it was killed; mysqld and mysqldump are other processes. */
  readonly peakMiB: number;
}

/** A run that is under way. */
export interface Started {
  readonly ended: Promise<Finished>;
  /** To the program, not to its children. */
  kill(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** The program in a container that is like the image that it is for. */
export class Toolbox {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Finished> {
    return this.start(argv, env).ended;
  }

  start(argv: readonly string[], env: Readonly<Record<string, string>>): Started {
    return this.#start([NODE, CLI, ...argv], env);
  }

  /** Runs lines of a shell in which `backup` is the program; ends at the first that fails. */
  async sh(script: string, env: Readonly<Record<string, string>>): Promise<Finished> {
    const path = await programOnPath(this, "backup", `exec ${NODE} ${CLI} "$@"`);
    return this.#start(["sh", "-e", "-c", script], { ...env, ...path }).ended;
  }

  #start(command: readonly string[], env: Readonly<Record<string, string>>): Started {
    const pid = `/tmp/${randomUUID()}.pid`;
    const all = {
      NODE_OPTIONS: `--import="${PEAK}"`,
      NODE_NO_WARNINGS: "1",
      AWS_EC2_METADATA_DISABLED: "true",
      ...env,
    };
    const variables = Object.entries(all).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const script = `echo $$ > ${pid}; exec "$@"`;
    const argv = ["exec", "-u", USER, ...variables, this.id, "sh", "-c", script, "sh", ...command];
    return {
      ended: finish(execa("docker", argv, { reject: false, stdin: "ignore" })),
      kill: (signal) => this.#kill(pid, signal),
    };
  }

  /** Signals processes of the container by their program's name; those that have ended do not count. */
  async killAll(program: string, signal: "KILL" | "STOP" | "CONT" = "KILL"): Promise<number> {
    const script = `n=0; for p in /proc/[0-9]*; do if [ "$(cat $p/comm 2>/dev/null)" = "${program}" ] && ! grep -q "^State:.Z" $p/status; then kill -${signal} \${p#/proc/} && n=$((n+1)); fi; done; echo $n`;
    return Number(await this.shell(script));
  }

  async shell(script: string): Promise<string> {
    const { stdout } = await execa("docker", ["exec", this.id, "sh", "-c", script]);
    return stdout;
  }

  /** Runs a script of bash as the program's user; fails when it does. */
  async script(script: string, env: Readonly<Record<string, string>>): Promise<void> {
    const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    await execa("docker", ["exec", "-u", USER, ...variables, this.id, "bash", "-c", script]);
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await execa("docker", ["exec", "-i", "-u", USER, this.id, "sh", "-c", `cat > ${path}`], { input: content });
  }

  async #kill(pid: string, signal: string): Promise<void> {
    for (const deadline = Date.now() + 10_000; ; await sleep(50)) {
      const { exitCode } = await execa(
        "docker",
        ["exec", this.id, "sh", "-c", `kill -${signal.slice(3)} $(cat ${pid})`],
        { reject: false },
      );
      if (exitCode === 0) return;
      if (Date.now() > deadline) throw new Error("The run has no process that could be ended.");
    }
  }
}

async function finish(
  child: PromiseLike<{ exitCode?: number | undefined; stdout?: unknown; stderr?: unknown }>,
): Promise<Finished> {
  const { exitCode, stdout, stderr } = await child;
  const text = String(stderr);
  const [, kib] = /^peak-kib (\d+)$/m.exec(text) ?? [];
  return {
    exitCode,
    stdout: String(stdout),
    stderr: text.replace(/^peak-kib \d+\n?/m, ""),
    peakMiB: Math.round(Number(kib) / 1024),
  };
}
