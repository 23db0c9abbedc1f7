import { randomBytes } from "node:crypto";
import { AdminSession } from "./check/admin-session.ts";
import type { Blog } from "./check/blog.ts";
import { check } from "./check/check.ts";
import { Interruption } from "./check/interruption.ts";
import { findPods } from "./check/pods.ts";
import { Replica } from "./check/replica.ts";
import { Report, type Step } from "./check/report.ts";
import { newStaff } from "./check/staff.ts";
import { takeTurn } from "./check/turn.ts";
import { Database, isMissingTable } from "./database/database.ts";
import { EXIT, Failure, reasonOf, type ExitCode } from "./failure.ts";
import type { Ghost } from "./ghost/ghost.ts";
import { mysqlOf } from "./plan.ts";

export interface CheckOptions {
  /** Hosts of all replicas; the site's own address when left out. */
  readonly pods?: string;
  /** Seconds that a change may take to reach every replica. */
  readonly within: number;
  readonly json?: boolean;
}

interface Output {
  write(text: string): void;
  complain(text: string): void;
}

/**
 * Checks the blog that a Ghost is configured for, and tells of each step.
 * @throws {Failure} when there is no such blog to be checked
 */
export async function checkBlog(ghost: Ghost, options: CheckOptions, output: Output): Promise<ExitCode> {
  process.env.NODE_ENV ||= "production";
  // stdout is the report's, and a storage adapter logs each request; variables stand before all other configuration
  Object.assign(process.env, { logging__level: "error", logging__transports: '["stderr"]' });
  ghost.load("core/server/overrides");
  const database = databaseOf(ghost);
  const interruption = new Interruption();
  const interrupt = (): void => interruption.interrupt(interrupted());
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, interrupt);
  const report = new Report(options.json ? undefined : output.write);
  const errors = await work({ ghost, database, options, interruption, step: report.step }).catch((error: unknown) => [
    error,
  ]);
  // what became of the check is known by now
  await database.close().catch(() => {});
  if (options.json) output.write(report.json(errors));
  else (errors.length === 0 ? output.write : output.complain)(report.text(errors));
  return codeOf(errors);
}

interface Work {
  readonly ghost: Ghost;
  readonly database: Database;
  readonly options: CheckOptions;
  readonly interruption: Interruption;
  readonly step: Step;
}

async function work({ ghost, database, options, interruption, step }: Work): Promise<unknown[]> {
  const replicas = await step(
    "find the replicas",
    () => findReplicas(options, interruption),
    (found) => found.map(({ place }) => place).join(", "),
  );
  await step("reach the database", () => reach(database), String);
  const lease = await step("wait until no other check runs", () => takeTurn(database, interruption.signal));
  try {
    const { url, adminUrl } = addressesOf(ghost);
    const id = randomBytes(4).toString("hex");
    const blog: Blog = {
      check: id,
      staff: newStaff(id),
      ghost,
      database,
      url,
      adminUrl,
      replicas,
      session: new AdminSession(replicas, adminUrl),
      withinMs: options.within * 1000,
      interruption,
    };
    return await check(blog, lease, step);
  } finally {
    // where that fails it runs out by itself
    await lease.release().catch(() => {});
  }
}

function databaseOf(ghost: Ghost): Database {
  const connection = mysqlOf(ghost.config);
  if (connection) return new Database(ghost, connection);
  throw new Failure("This Ghost uses SQLite, a file of one machine, which a check from elsewhere cannot use.", {
    effect: "Nothing was checked or changed.",
    next: "Run the command where the configuration names the MySQL database of the blog.",
    exitCode: EXIT.usage,
  });
}

async function reach(database: Database): Promise<string> {
  try {
    await database.rows("SELECT 1 FROM users LIMIT 1");
    return database.name;
  } catch (error) {
    throw new Failure(
      isMissingTable(error)
        ? `The database "${database.name}" has no table of Ghost's.`
        : `MySQL could not be asked: ${reasonOf(error)}`,
      {
        effect: "Nothing was checked or changed.",
        next: "Look at database__connection, and whether a replica has started on this database.",
        exitCode: EXIT.unavailable,
        cause: error,
      },
    );
  }
}

async function findReplicas({ pods }: CheckOptions, interruption: Interruption): Promise<Replica[]> {
  if (pods === undefined) return [new Replica(interruption, "the site itself")];
  return (await findPods(pods)).map(({ name, address }) => new Replica(interruption, name, address));
}

/** Where the site and its admin are. */
function addressesOf({ config }: Ghost): { url: string; adminUrl: string } {
  return { url: trimmed(config.getSiteUrl()), adminUrl: trimmed(config.getAdminUrl() ?? config.getSiteUrl()) };
}

/** Ghost puts a slash at the end, and one too many before the path of an admin with a host of its own. */
function trimmed(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replaceAll(/\/+/g, "/").replace(/\/$/, "")}`;
}

function interrupted(): Failure {
  return new Failure("The check was asked to end before it was done.", {
    effect:
      "Whether the blog works is not known; what the check had made was removed, where no step above says otherwise.",
    next: "Check again, with more time.",
    exitCode: EXIT.temporary,
  });
}

function codeOf([first]: readonly unknown[]): ExitCode {
  if (first === undefined) return EXIT.ok;
  return first instanceof Failure ? first.exitCode : EXIT.failed;
}
