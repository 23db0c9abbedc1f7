import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { findChromium, hasDocker } from "./machine.ts";
import { outcomeOf, skippedLines, type Outcome, type VitestReport } from "./outcome.ts";

const ROOT = join(import.meta.dirname, "..");
const BIN = join(ROOT, "node_modules/.bin");

/** Tests are fast or they are not run: below the 15 and 4 minutes that they may take in all. */
const DEADLINE_MS = { docker: 870_000, plain: 220_000 };

interface Suite {
  /** Of vitest. */
  project: string;
  deadlineMs: number;
}

/**
 * What `npm test` leaves out, because it takes long: all tests of several Ghosts take half an hour, a part of which is
 * a project of its own, and those of backups ten minutes; the image is built twice, and a cluster is made.
 */
const SUITES: Readonly<Record<string, Suite>> = {
  "--replicas": { project: "replicas", deadlineMs: 2_700_000 },
  "--backup": { project: "backup", deadlineMs: 1_800_000 },
  "--image": { project: "image", deadlineMs: 1_800_000 },
  "--e2e": { project: "e2e", deadlineMs: 2_700_000 },
};

/** For containers and servers to be stopped. */
const GRACE_MS = 10_000;

/** What is needed here of a child process. */
type Child = PromiseLike<unknown> & { pid?: number | undefined };

interface Io {
  write(text: string): void;
  signal: AbortSignal;
}

/**
 * `npm test`: types, lint, formatting, then every test that this machine can run.
 * @param argv `--replicas` for all tests of several Ghosts, `--backup` for those of backups, `--image` for those of the image, `--e2e` for those on a cluster, and nothing else; the rest
 *   is for vitest
 */
export async function run([first, ...rest]: string[], io: Io): Promise<number> {
  const begun = performance.now();
  const suite = first === undefined ? undefined : SUITES[first];
  const projects = suite
    ? [`--project=${suite.project}`]
    : Object.values(SUITES).map(({ project }) => `--project=!${project}`);
  const given = suite || first === undefined ? rest : [first, ...rest];
  const checks = [
    await check("types", "tsc", ["--noEmit"], io),
    await check("lint", "oxlint", [], io),
    await check("format", "oxfmt", ["--check"], io),
  ];
  const tests = await vitest([...projects, ...given], suite?.deadlineMs ?? DEADLINE_MS.docker, io);
  const passed = tests.passed + checks.filter(Boolean).length;
  const failed = tests.failed + checks.filter((ok) => !ok).length;
  const skipped = skippedLines(tests);
  if (skipped.length > 0) io.write(`\nSkipped:\n${skipped.map((line) => `  ${line}\n`).join("")}`);
  if (io.signal.aborted) io.write("\nInterrupted: what did not run counts as neither.\n");
  io.write(`\n${seconds(begun)} s in all\n${passed} passed, ${failed} failed, ${tests.skipped} skipped\n`);
  return io.signal.aborted ? 130 : Math.min(failed, 1);
}

/** One of the checks that read the sources only; quiet unless something is wrong. */
async function check(title: string, command: string, args: string[], io: Io): Promise<boolean> {
  const begun = performance.now();
  const { exitCode, all } = await execa(join(BIN, command), args, {
    cwd: ROOT,
    all: true,
    reject: false,
    stdin: "ignore",
    cancelSignal: io.signal,
  });
  io.write(`${exitCode === 0 ? "ok    " : "failed"} ${title} (${seconds(begun)} s)\n`);
  if (exitCode !== 0) io.write(`${all}\n`);
  return exitCode === 0;
}

async function vitest(argv: string[], deadlineMs: number, io: Io): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "vitest-report-"));
  const file = join(folder, "report.json");
  const chromium = findChromium() ?? "";
  const docker = hasDocker();
  io.write(`Docker: ${docker ? "answers" : "none"}. Chromium: ${chromium || "none"}.\n`);
  try {
    const child = execa(
      join(BIN, "vitest"),
      ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...argv],
      {
        cwd: ROOT,
        reject: false,
        stdio: ["ignore", "inherit", "inherit"],
        env: { HAS_DOCKER: docker ? "1" : "0", CHROMIUM: chromium },
        // a group of its own, so that a worker that hangs can be ended with it
        detached: true,
      },
    );
    const stopped = await bounded(child, docker ? deadlineMs : DEADLINE_MS.plain, io);
    if (stopped) io.write(`\n${stopped}\n`);
    const { exitCode } = await child;
    const report = await readReport(file);
    if (!report) io.write(`vitest ended with exit code ${exitCode} and without a report; its reason stands above.\n`);
    return outcomeOf(report, exitCode ?? 1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ends the whole group when its time is up or somebody asks; answers with the reason. */
async function bounded(child: Child, deadlineMs: number, io: Io): Promise<string | undefined> {
  const late = AbortSignal.timeout(deadlineMs);
  const stop = AbortSignal.any([late, io.signal]);
  const ended = child.then(() => true);
  const asked = new Promise<false>((resolve) => stop.addEventListener("abort", () => resolve(false), { once: true }));
  if (await Promise.race([ended, asked])) return undefined;
  killGroup(child, "SIGTERM");
  await Promise.race([ended, sleep(GRACE_MS, undefined, { ref: false })]);
  // a test that never returns hears no signal but this
  killGroup(child, "SIGKILL");
  return late.aborted
    ? `The tests did not end within ${deadlineMs / 1000} s and were stopped: one of those not named above hangs.`
    : undefined;
}

function killGroup({ pid }: Child, signal: NodeJS.Signals): void {
  try {
    if (pid) process.kill(-pid, signal);
  } catch {
    // the group has ended by itself
  }
}

async function readReport(file: string): Promise<VitestReport | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as VitestReport;
  } catch {
    return undefined;
  }
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

if (import.meta.main) {
  const end = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => end.abort());
  process.on("disconnect", () => end.abort());
  process.channel?.unref();
  process.exitCode = await run(process.argv.slice(2), {
    write: (text) => process.stdout.write(text),
    signal: end.signal,
  });
  process.exit();
}
