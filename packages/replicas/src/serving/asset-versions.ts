import type { ServerResponse } from "node:http";
import type { Ghost } from "../ghost/ghost.ts";
import { beforeHeaders, pathBelow, type Handler } from "./handler.ts";

/** Where Ghost's pages point to with a hash of the content behind it: files of the theme, and those that Ghost ships. */
const VERSIONED = /^(?:assets|public)\/[^#]+$/;

export interface AssetVersionsOptions {
  readonly ghost: Ghost;
  /** Path of the blog, without a slash at its end. */
  readonly base: string;
  /** Whether Ghost has booted: before that it answers nothing that a cache may keep, and its hashes are not there. */
  readonly isOpen: () => boolean;
}

/**
 * Keeps every cache from storing one version's bytes under another's name. Ghost ignores `?v=` when it serves a file:
 * a replica that is a moment behind would answer with its own bytes, good for a year.
 */
export function assetVersions({ ghost, base, isOpen }: AssetVersionsOptions): Handler {
  // without it the hash is a number that each process draws for itself, and says nothing about the content
  const hashed = Boolean(ghost.config.get("caching:assets:contentBasedHash:enabled"));
  return (request, response, next) => {
    const asked = hashed && isOpen() ? pathBelow(base, request.url) : undefined;
    const version = asked?.query.get("v");
    if (asked && version && VERSIONED.test(asked.path)) {
      const isOurs = () => version === versionOf(ghost, asked.path);
      if (!isOurs()) {
        // a "not modified" would confirm what the cache may have from another replica
        delete request.headers["if-none-match"];
        delete request.headers["if-modified-since"];
      }
      // the theme may have been replaced since the request came
      beforeHeaders(response, () => {
        if (!isOurs()) forbidStoring(response);
      });
    }
    next();
  };
}

export function forbidStoring(response: ServerResponse): void {
  response.setHeader("Cache-Control", "no-store");
  response.removeHeader("ETag");
  response.removeHeader("Last-Modified");
}

/** What a page of this replica would have behind `?v=`. Cheap: Ghost remembers hashes by path and time. */
function versionOf(ghost: Ghost, path: string): string | undefined {
  try {
    return /\?v=(.*)$/.exec(ghost.use("assetUrl")(path, false))?.[1];
  } catch {
    // a folder, a path through a file, a name that no file can have: Ghost's pages never ask for one, anybody else may
    return undefined;
  }
}
