import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { ExecaError, execa } from "execa";
import { extract } from "tar";
import { Failure } from "./failure.ts";
import digests from "./ghost-digests.json" with { type: "json" };
import { placeDatabase } from "./ghost-database.ts";
import { withLock } from "./lock.ts";

export const GHOST_VERSION = "6.65.0";

/** What npm says of each version's tarball, so that nothing else can ever be unpacked in its place. */
const GHOST_SHA512 = digests;

/** A version of Ghost that can be installed. */
export type GhostVersion = keyof typeof GHOST_SHA512;

/** To be raised when the steps below change what they leave behind. */
const RECIPE = 1;

const ROOT = join(import.meta.dirname, "../../..");

export interface GhostInstallation {
  directory: string;
  version: GhostVersion;
}

export interface GhostInstallOptions {
  /** Default `GHOST_VERSION`. */
  version?: GhostVersion;
  /** Folder for what can be fetched again; default `$XDG_CACHE_HOME/stateless-ghost`. */
  cache?: string;
  /** Told in a few words what is being done. */
  progress?: (step: string) => void;
  signal?: AbortSignal | undefined;
}

/** Ghost as its publisher ships it, with its own locked dependencies; fetched once and then shared. */
export async function installGhost(options: GhostInstallOptions = {}): Promise<GhostInstallation> {
  const { version = GHOST_VERSION, cache = defaultCache(), progress = () => {}, signal } = options;
  const pnpm = await pnpmVersion();
  const recipe = createHash("sha256").update(
    JSON.stringify([GHOST_SHA512[version], pnpm, process.platform, process.arch, RECIPE]),
  );
  const directory = join(cache, `ghost-${version}-${recipe.digest("hex").slice(0, 12)}`);
  const installation: GhostInstallation = { directory, version };
  if (await exists(directory)) return installation;

  await mkdir(cache, { recursive: true });
  const waiting = (pid: number) => progress(`waiting for process ${pid}, which is installing it`);
  await withLock(
    `${directory}.lock`,
    async () => {
      if (await exists(directory)) return;
      const work = await mkdtemp(`${directory}.part-`);
      try {
        await install(work, { version, pnpm, progress, signal });
        await rename(join(work, "ghost"), directory);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
    { waiting, signal },
  );
  return installation;
}

interface Steps {
  version: GhostVersion;
  pnpm: string;
  progress: (step: string) => void;
  signal: AbortSignal | undefined;
}

async function install(work: string, { version, pnpm, progress, signal }: Steps): Promise<void> {
  progress(`fetching Ghost ${version} from npm`);
  const tarball = await fetchTarball(work, version, signal);
  progress("unpacking");
  const ghost = join(work, "ghost");
  await mkdir(ghost);
  await extract({ file: tarball, cwd: ghost, strip: 1 });
  progress("installing its dependencies");
  // its lockfile names another pnpm, which pnpm would fetch and run in its own place
  const flags = ["--prod", "--frozen-lockfile", "--ignore-scripts", "--config.pm-on-fail=ignore"];
  await command("npx", ["-y", `pnpm@${pnpm}`, "install", ...flags, "--reporter=append-only"], ghost, signal);
  progress("placing the database");
  await placeDatabase(ghost);
}

async function fetchTarball(work: string, version: GhostVersion, signal: AbortSignal | undefined): Promise<string> {
  const { stdout } = await command(
    "npm",
    ["pack", `ghost@${version}`, "--silent", "--pack-destination", work],
    work,
    signal,
  );
  const tarball = join(work, basename(stdout.trim().split("\n").at(-1) ?? ""));
  const digest = createHash("sha512")
    .update(await readFile(tarball))
    .digest("base64");
  if (digest !== GHOST_SHA512[version]) {
    throw new Failure(`The package ghost@${version} that npm delivered is not the one that was published.`, {
      effect: "It was deleted unopened; nothing was installed.",
      next: "Look at which registry npm uses (npm config get registry), then try again.",
    });
  }
  return tarball;
}

async function command(program: string, args: string[], cwd: string, signal?: AbortSignal) {
  try {
    return await execa(program, args, {
      cwd,
      all: true,
      stdin: "ignore",
      ...(signal && { cancelSignal: signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    const said = error instanceof ExecaError ? String(error.all ?? error.shortMessage) : String(error);
    throw new Failure(`Ghost could not be installed: ${program} ${args.slice(0, 3).join(" ")} failed.`, {
      effect: `${tail(said)}\nNothing was installed.`,
      next: "If npm could not reach its registry, check the network and the proxy (npm ping), then try again.",
      error,
    });
  }
}

/** The one pnpm of the repository also installs Ghost. */
async function pnpmVersion(): Promise<string> {
  const { packageManager } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  return String(packageManager).replace(/^pnpm@/, "");
}

function defaultCache(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "stateless-ghost");
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The last lines of what a program said, where its reason stands. */
function tail(text: string): string {
  return text.trim().split("\n").slice(-12).join("\n");
}
