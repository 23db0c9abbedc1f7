import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { execa } from "execa";

const PACKAGE = join(import.meta.dirname, "../../../packages/storage-s3");

export interface Finished {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as it is published: its own bundle, run as its own process. */
export class StorageCommand {
  readonly path: string;
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#env = env;
    this.path = join(folder, "package/cli.js");
  }

  /** @param env of every run; that of the machine is not passed on but for the path */
  static async build(env: Readonly<Record<string, string>>): Promise<StorageCommand> {
    const folder = await mkdtemp(join(tmpdir(), "storage-s3-command-"));
    const command = new StorageCommand(folder, { AWS_EC2_METADATA_DISABLED: "true", ...env });
    await execa(process.execPath, [join(PACKAGE, "build.ts"), join(folder, "package")]);
    return command;
  }

  /** Puts the image library beside it, as it is in Ghost's folder. */
  async addSharp(): Promise<void> {
    const sharp = dirname(dirname(createRequire(join(PACKAGE, "package.json")).resolve("sharp")));
    await mkdir(join(this.#folder, "node_modules"));
    await symlink(sharp, join(this.#folder, "node_modules/sharp"));
  }

  /** Runs it until it ends by itself. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
    const { exitCode, stdout, stderr } = await this.start(args, env);
    return { exitCode, stdout, stderr };
  }

  /** Begins a run that the caller ends. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return execa(process.execPath, [this.path, ...args], {
      reject: false,
      extendEnv: false,
      stdin: "ignore",
      cwd: this.#folder,
      env: { PATH: process.env["PATH"] ?? "", ...this.#env, ...env },
    });
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
