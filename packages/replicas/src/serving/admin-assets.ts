import type { ServerResponse } from "node:http";
import { extname } from "node:path";
import type { Log } from "../log.ts";
import { CONTENT_TYPES, isAdminFileName, isHashed, versionedName, type AdminFiles } from "./admin-files.ts";
import type { AdminShelf } from "./admin-shelf.ts";
import { forbidStoring } from "./asset-versions.ts";
import { beforeHeaders, pathBelow, type Handler } from "./handler.ts";

/** As Ghost serves those of its own. */
const FOR_EVER = "public, max-age=31536000, immutable";

export interface AdminAssetsOptions {
  readonly files: AdminFiles;
  readonly shelf: AdminShelf;
  /** Path of the blog, without a slash at its end. */
  readonly base: string;
  readonly log: Log;
}

/**
 * During an update a browser has the admin's page of one version and meets replicas of another: the files that this
 * Ghost has not got come from the bucket.
 */
export function adminAssets({ files, shelf, base, log }: AdminAssetsOptions): Handler {
  return (request, response, next) => {
    const asked = pathBelow(`${base}/ghost/assets`, request.url);
    if (!asked || !["GET", "HEAD"].includes(request.method ?? "") || !isAdminFileName(asked.path)) {
      next();
      return;
    }
    void respond(asked.path, asked.query.get("v"));

    async function respond(path: string, version: string | null): Promise<void> {
      let found;
      try {
        found = await answer({ files, shelf }, path, version);
      } catch (error) {
        log.error(`The file ${path} of the admin could not be fetched from the bucket`, error);
        refuse(response, 503);
        return;
      }
      if (found === "nobody") refuse(response, 404);
      else if (typeof found !== "string") send(response, path, found, request.method === "HEAD");
      else {
        // another version's bytes are better than none, but not to be kept under this one's name
        if (found === "other version") beforeHeaders(response, () => forbidStoring(response));
        next();
      }
    }
  };
}

/** The bytes from the bucket, or who else has an answer. */
async function answer(
  { files, shelf }: Pick<AdminAssetsOptions, "files" | "shelf">,
  path: string,
  version: string | null,
): Promise<Buffer | "ghost" | "other version" | "nobody"> {
  const name = await foreignName(files, path, version);
  if (name === undefined) return "ghost";
  const digest = await shelf.find(name);
  if (digest !== undefined) return shelf.read(digest);
  return isHashed(path) ? "nobody" : "other version";
}

/** The name to look for in the bucket; undefined where this Ghost has the file itself, or no name says what is in it. */
async function foreignName(files: AdminFiles, path: string, version: string | null): Promise<string | undefined> {
  const isHere = (await files.names()).has(path);
  if (isHashed(path)) return isHere ? undefined : path;
  if (!version || (isHere && (await files.version(path)) === version)) return undefined;
  return versionedName(path, version);
}

function send(response: ServerResponse, path: string, bytes: Buffer, headOnly: boolean): void {
  response.writeHead(200, {
    "Content-Type": CONTENT_TYPES[extname(path)],
    "Content-Length": bytes.length,
    "Cache-Control": FOR_EVER,
    "X-Content-Type-Options": "nosniff",
  });
  response.end(headOnly ? undefined : bytes);
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { "Content-Type": "text/plain", "Cache-Control": "no-store" });
  response.end(status === 404 ? "Not found\n" : "Try again\n");
}
