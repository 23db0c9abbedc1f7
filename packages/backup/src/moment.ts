import { isArchived, listSegments } from "./binlog/archive.ts";
import { endOf, reachOf, routeFrom, upTo, type LogPosition, type Route } from "./binlog/route.ts";
import type { Options, ServerOptions } from "./configuration/schema.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Log } from "./log.ts";
import type { Catalogue } from "./manifest/catalogue.ts";
import { parseName } from "./manifest/names.ts";
import type { Manifest } from "./manifest/schema.ts";
import { readLogs } from "./mysql/binary-log.ts";
import { connect } from "./mysql/connection.ts";
import { readServer } from "./mysql/server.ts";
import type { Store } from "./store/store.ts";

export interface MomentRequest {
  readonly options: Options;
  readonly store: Store;
  readonly catalogue: Catalogue;
  /** That the backup is from. */
  readonly from: string;
  readonly database: string | undefined;
  /** Undefined: as far as the archive goes. */
  readonly at: Date | undefined;
  /** That it is restored into; when it is the one that was archived, it says where its log ends. */
  readonly server: ServerOptions;
  readonly log: Log;
}

/** A backup, and what happened since. */
export interface Way {
  readonly manifest: Manifest;
  /** Undefined: binary logs were never archived for this server. */
  readonly route: Route | undefined;
}

/**
 * The way to a moment: the newest backup that was made before it and knows its place in the binary log, and the pieces
 * of the log from there.
 * @throws {Failure} when the archive does not go so far, with the moment up to which it does
 */
export async function wayTo(request: MomentRequest): Promise<Way> {
  const { options, store, catalogue, from, database, at, log } = request;
  const newest = await catalogue.read(await catalogue.find("latest", at, from, database));
  if (!(await isArchived(store, options.prefix, newest.server.name))) {
    log.warn("no binary logs are archived: what is restored is of the backup's own time", {
      backup: newest.name,
      time: newest.snapshot.time,
    });
    return { manifest: newest, route: undefined };
  }
  const { manifest, position } = await withPosition(request, newest);
  const archive = { server: manifest.server.name, uuid: manifest.server.uuid };
  const segments = await listSegments(store, options.prefix, archive);
  const route = routeFrom(segments, position, new Date(manifest.snapshot.time).getTime());
  if (!route) throw notHeld(manifest, position);
  if (at === undefined) return { manifest, route };
  const until = at.getTime();
  if (reachOf(route) < until && !(await isWhole(request.server, manifest, route))) throw tooShort(manifest, route, at);
  return { manifest, route: upTo(route, until) };
}

async function withPosition(
  { catalogue, from }: MomentRequest,
  newest: Manifest,
): Promise<{ manifest: Manifest; position: LogPosition }> {
  for (let manifest = newest; ;) {
    const { position } = manifest.snapshot;
    if (position) return { manifest, position };
    const name = parseName(manifest.name);
    const before = name && new Date(name.time.getTime() - 1);
    const older = await catalogue.find("latest", before, from, manifest.database.name).catch((error: unknown) => {
      if (error instanceof Failure && error.exitCode === EXIT.unavailable) throw noPosition();
      throw error;
    });
    manifest = await catalogue.read(older);
  }
}

/** Of a blog where nothing happens the archive does not grow: only the server knows that nothing is missing. */
async function isWhole(server: ServerOptions, { server: { uuid } }: Manifest, route: Route): Promise<boolean> {
  const connection = await connect(server);
  try {
    const facts = await readServer(connection);
    if (facts.uuid !== uuid || facts.rights.missingForLog.includes("REPLICATION CLIENT")) return false;
    const newest = (await readLogs(connection)).at(-1);
    const { file, offset } = endOf(route);
    return newest?.name === file && newest.size === offset;
  } finally {
    connection.destroy();
  }
}

const UNCHANGED = "Nothing was changed.";

function noPosition(): Failure {
  return new Failure("No backup of that time or before knows its place in the binary log.", {
    effect: UNCHANGED,
    next: "GRANT FLUSH_TABLES, REPLICATION CLIENT ON *.* TO the account that dumps; without it, restore a backup by its name.",
    exitCode: EXIT.unavailable,
  });
}

function notHeld({ name, server }: Manifest, { file, offset }: LogPosition): Failure {
  return new Failure(`The archive of the binary log does not hold the place of ${name}: ${file}, ${offset}.`, {
    effect: UNCHANGED,
    next: `Restore ${name} by its name, or take another moment: the log of "${server.name}" is kept for 35 days.`,
    exitCode: EXIT.unavailable,
  });
}

function tooShort({ name }: Manifest, route: Route, at: Date): Failure {
  const reach = new Date(reachOf(route)).toISOString();
  return new Failure(
    `From ${name} on, the archive of the binary log goes up to ${reach}, not to ${at.toISOString()}.`,
    {
      effect: UNCHANGED,
      next: `Take --at ${reach}, or --at now for all that there is before the archive ends or has a gap; when \`backup binlog\` runs, the rest may come within a minute.`,
      exitCode: EXIT.unavailable,
    },
  );
}
