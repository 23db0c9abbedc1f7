import { join, resolve } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { Listr } from "listr2";
import { buildAdapter } from "./adapter.ts";
import { startBlog, type Blog } from "./blog.ts";
import { CheckReport } from "./check-report.ts";
import { check } from "./check.ts";
import { Failure, explain } from "./failure.ts";
import { GHOST_VERSION, installGhost, type GhostInstallation } from "./ghost-install.ts";
import { styled, type Io } from "./io.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** What a shell says of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

interface Options {
  port: number;
  cdnPort: number;
  s3Port: number;
  state: string;
  check?: boolean;
  json?: boolean;
}

interface Parts {
  installation: GhostInstallation;
  adapter: string;
}

/** `npm start`: the whole blog on this machine until Ctrl-C, or the check of it. */
export async function run(argv: string[], io: Io): Promise<number> {
  const command = define(io);
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
  const options = command.opts<Options>();
  try {
    const parts = await provide(options, io);
    return options.check ? await runCheck(parts, options, io) : await runBlog(parts, options, io);
  } catch (error) {
    if (io.signal.aborted) return INTERRUPTED;
    io.stderr.write(`${styled("red", "Failed.", io.stderr)} ${explain(error).join("\n")}\n`);
    return 1;
  }
}

function define(io: Io): Command {
  return new Command("npm start --")
    .description("A real Ghost whose uploads live in an S3 bucket and are read from a CDN, all on this machine.")
    .option("--port <number>", "where the blog answers", port, 2368)
    .option("--cdn-port <number>", "where the CDN answers", port, 2369)
    .option("--s3-port <number>", "where the bucket answers", port, 2370)
    .option(
      "--state <folder>",
      "what survives a restart",
      (folder: string) => resolve(folder),
      join(ROOT, ".state/blog"),
    )
    .option("--check", "do the main job once on free ports with a throw-away state, and say whether it worked")
    .option("--json", "a line of JSON for each thing to tell, for programs")
    .helpOption("-h, --help", "show this")
    .addHelpText(
      "after",
      `
Examples:
  npm start                                 the blog on http://localhost:2368, its admin on /ghost
  npm start -- --port 8080                  the blog on another port; 0 picks a free one
  npm start -- --state /tmp/second          another blog, with nothing in common
  npm start -- --check                      exit code 0 when everything works`,
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    });
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError("It must be a number from 0 to 65535.");
}

/** Gets what the blog is made of, with progress where somebody watches. */
async function provide({ json }: Options, io: Io): Promise<Parts> {
  const parts: Partial<Parts> = {};
  const tasks = new Listr(
    [
      {
        title: "Storage adapter",
        task: async () => {
          parts.adapter = await buildAdapter(io.signal);
        },
      },
      {
        title: `Ghost ${GHOST_VERSION}`,
        task: async (_context, task) => {
          const progress = (step: string) => {
            task.output = step;
          };
          parts.installation = await installGhost({ progress, signal: io.signal });
        },
      },
    ],
    {
      // Ctrl-C is this program's to answer
      registerSignalListeners: false,
      renderer: json ? "silent" : "default",
      fallbackRenderer: "simple",
      // the error is told once, by the command
      rendererOptions: { showErrorMessage: false, collapseErrors: false },
    },
  );
  await tasks.run();
  return parts as Parts;
}

async function runCheck(parts: Parts, { json = false }: Options, io: Io): Promise<number> {
  const report = new CheckReport(io, json);
  try {
    await check({ ...parts, signal: io.signal }, report.step);
  } catch (error) {
    if (io.signal.aborted) return INTERRUPTED;
    report.failed(error);
    return 1;
  }
  report.succeeded();
  return 0;
}

async function runBlog(parts: Parts, options: Options, io: Io): Promise<number> {
  const { state, json } = options;
  const ports = { blog: options.port, cdn: options.cdnPort, s3: options.s3Port };
  if (!json) io.stdout.write("Starting the blog …\n");
  const blog = await startBlog({ ...parts, state, ports, signal: io.signal });
  tell(blog, options, io);
  const asked = new Promise<void>((done) => {
    if (io.signal.aborted) done();
    io.signal.addEventListener("abort", () => done());
  });
  await Promise.race([asked, blog.ghost.exited]);
  const fell = !io.signal.aborted;
  if (!fell && !json) io.stdout.write("\nStopping …\n");
  await blog.stop();
  if (!fell) return 0;
  throw new Failure("Ghost ended by itself.", {
    effect: "The bucket and the CDN were stopped too; nothing of the blog is lost.",
    next: `Why, its log tells: ${join(state, "ghost/ghost.log")}`,
  });
}

function tell({ url, edge, bucket }: Blog, { state, json }: Options, io: Io): void {
  const { name, endpoint, accessKeyId, secretAccessKey } = bucket;
  if (json) {
    const record = {
      blog: url,
      admin: `${url}/ghost`,
      cdn: edge.url,
      bucket: { name, endpoint, accessKeyId, secretAccessKey },
      state,
    };
    io.stdout.write(`${JSON.stringify(record)}\n`);
    return;
  }
  const lines = [
    ["Blog", url, ""],
    ["Admin", `${url}/ghost`, "the first visit makes your account"],
    ["CDN", edge.url, "uploads are read from here"],
    ["Bucket", `${endpoint}/${name}`, `access key ${accessKeyId}, secret key ${secretAccessKey}`],
    ["State", state, "delete it to begin anew"],
  ].map(([what = "", where = "", note = ""]) => {
    const remark = note && styled("dim", `  ${note}`, io.stdout);
    return `  ${what.padEnd(8)}${styled("bold", where, io.stdout)}${remark}`;
  });
  io.stdout.write(`\n${lines.join("\n")}\n\nCtrl-C ends all of it.\n`);
}
