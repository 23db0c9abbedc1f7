import type { ConnectionOptions } from "mysql2/promise";
import { readConfiguration } from "./configuration/configuration.ts";
import type { Options } from "./configuration/schema.ts";
import { EXIT, Failure } from "./failure.ts";
import { brokenSymbols, changedFiles, describe, isTested, nearestTo, TESTED_VERSIONS } from "./ghost/contract.ts";
import type { Ghost } from "./ghost/ghost.ts";
import type { GhostConfig } from "./ghost/modules.ts";

/** How a Ghost is going to run here. */
export interface Plan {
  readonly options: Options;
  /** Ghost's connection to MySQL; undefined with SQLite. */
  readonly connection: ConnectionOptions | undefined;
  /** Why there may be only one replica; undefined where there may be many. */
  readonly aloneBecause: string | undefined;
  /** In what this Ghost is not one that was tested; undefined where it is. */
  readonly untested: string | undefined;
}

/**
 * Reads Ghost's configuration and looks at the Ghost itself.
 * @throws {Failure} when the configuration has mistakes, or this Ghost was changed
 */
export function makePlan(ghost: Ghost): Plan {
  ghost.load("core/server/overrides");
  const options = readConfiguration(ghost);
  const connection = mysqlOf(ghost.config);
  requireUnchanged(ghost);
  const untested = isTested(ghost.version) ? undefined : compare(ghost, options);
  const aloneBecause =
    (connection === undefined && "the database is SQLite, a file of this machine") ||
    (options.bucket === undefined &&
      "replicas.bucket is not set: uploaded themes, routes and redirects would stay on one replica") ||
    (options.untestedGhost ? undefined : untested);
  return { options, connection, aloneBecause, untested };
}

/** Ghost's connection to MySQL; undefined with SQLite. */
export function mysqlOf(config: GhostConfig): ConnectionOptions | undefined {
  // Ghost takes both names for the same driver
  if (!["mysql", "mysql2"].includes(String(config.get("database:client")))) return undefined;
  return config.get("database:connection") as ConnectionOptions;
}

/** A tested version must be what was tested, to the byte: a patched file may do anything. */
function requireUnchanged(ghost: Ghost): void {
  if (!isTested(ghost.version)) return;
  const changed = changedFiles(ghost.root, ghost.version);
  const differences = changed.length > 0 ? changed : brokenSymbols(ghost, "before boot");
  if (differences.length > 0) throw notTheTested(ghost, describe(differences));
}

export function notTheTested(ghost: Ghost, differences: string): Failure {
  return new Failure(`This Ghost ${ghost.version} is not the one that was tested:\n${differences}`, {
    effect: "Ghost was not started: what this package relies on may not be there.",
    next: "Install Ghost anew from npm, or run it without replicas: node index.js",
    exitCode: EXIT.software,
  });
}

/** @throws {Failure} when several replicas are wanted without what they rely on */
function compare(ghost: Ghost, { untestedGhost }: Options): string {
  const broken = brokenSymbols(ghost, "before boot");
  if (untestedGhost && broken.length > 0) throw notTheTested(ghost, describe(broken));
  const differences = [...changedFiles(ghost.root, ghost.version), ...broken];
  const comparison =
    differences.length === 0
      ? `nothing that is relied on differs from ${nearestTo(ghost.version)}`
      : `it differs from ${nearestTo(ghost.version)}:\n${describe(differences)}\n`;
  return `Ghost ${ghost.version} was not tested with this package (${TESTED_VERSIONS.join(" and ")} were); ${comparison}`;
}
