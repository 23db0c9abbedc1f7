import type { Application } from "express";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Objects } from "../content/objects.ts";
import { Pointers } from "../content/pointers.ts";
import { TOUCHED } from "../ghost/touched.ts";
import type { Surroundings } from "../surroundings.ts";
import { adminAssets } from "./admin-assets.ts";
import { AdminFiles } from "./admin-files.ts";
import { AdminPublisher } from "./admin-publisher.ts";
import { AdminShelf } from "./admin-shelf.ts";
import { adminWrites } from "./admin-writes.ts";
import { assetVersions } from "./asset-versions.ts";
import type { Handler } from "./handler.ts";
import { politeClose } from "./polite-close.ts";
import { requestCounter } from "./request-counter.ts";

export interface Serving {
  /** Settles once replicas of other versions can serve this version's admin, or half a minute has passed. Never fails. */
  readonly published: Promise<void>;
}

export interface ServingOptions {
  /** Whether this replica was asked to end. */
  readonly draining: () => boolean;
  /** Told after each request that may have changed the site through this replica. */
  readonly written: () => void;
}

/** As an Express application hands a request to its own middleware. */
type Handle = (request: IncomingMessage, response: ServerResponse, done?: unknown) => void;

/** Stands before all of Ghost's own middleware. Before Ghost's boot, once the tables exist. */
export function installServing(surroundings: Surroundings, { draining, written }: ServingOptions): Serving {
  const { ghost, database, id, bucket, metrics, log } = surroundings;
  const { config } = ghost;
  const base = new URL(config.getSiteUrl()).pathname.replace(/\/$/, "");
  const files = new AdminFiles(ghost);
  const shelf = new AdminShelf(new Objects(bucket, metrics), new Pointers(database, id));
  const app = prepend(surroundings, [
    requestCounter(metrics),
    politeClose(draining),
    adminWrites(base, written),
    adminAssets({ files, shelf, base, log }),
    assetVersions({ ghost, base, isOpen: () => app.made?.get("maintenance") === false }),
  ]);
  return { published: new AdminPublisher(surroundings, files, shelf).start() };
}

/**
 * Ghost's boot asks for the function that makes its application only when it needs it.
 * @returns the application, once it was made
 */
function prepend({ ghost }: Surroundings, handlers: readonly Handler[]): { made: Application | undefined } {
  const app: { made: Application | undefined } = { made: undefined };
  const makeApp = ghost.use("app");
  const path = join(ghost.root, TOUCHED.app.file);
  const loaded = createRequire(path).cache[path];
  if (!loaded) throw new Error(`Ghost's ${TOUCHED.app.file} was loaded from another place than ${path}`);
  loaded.exports = () => {
    const made = makeApp() as Application & { handle: Handle };
    const handle = made.handle.bind(made);
    made.handle = (request: IncomingMessage, response: ServerResponse, done: unknown) =>
      run(handlers, request, response, () => {
        handle(request, response, done);
      });
    app.made = made;
    return made;
  };
  return app;
}

function run(handlers: readonly Handler[], request: IncomingMessage, response: ServerResponse, end: () => void): void {
  const [first, ...rest] = handlers;
  if (first) first(request, response, () => run(rest, request, response, end));
  else end();
}
