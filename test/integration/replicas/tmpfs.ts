import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Need } from "../../needs.ts";

/** Root may, but in a container that has no right to it. */
export const mounting: Need = { name: "right to mount", met: canMount() };

/** A file system in memory over a folder, as small as a test wants it. */
export class Tmpfs {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static mount(folder: string, bytes: number): Tmpfs {
    run("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder);
    return new Tmpfs(folder);
  }

  resize(bytes: number): void {
    run("mount", "-o", `remount,size=${bytes}`, this.#folder);
  }

  /** With all that is in it; nobody may have a file of it open. */
  unmount(): void {
    run("umount", this.#folder);
  }
}

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "tmpfs", folder]).status === 0;
  if (mounted) run("umount", folder);
  rmdirSync(folder);
  return mounted;
}

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr ?? String(error)}`);
}
