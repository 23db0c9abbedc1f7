/**
 * Fetches Ghost's package from npm: only a version that was tested with ghost-replica, and only the very package that
 * was published.
 *
 *     node fetch-ghost.ts VERSION FILE
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import digests from "../../../packages/local/src/ghost-digests.json" with { type: "json" };
import tested from "../../../packages/replicas/src/ghost/versions.json" with { type: "json" };

const [version = "", file = ""] = process.argv.slice(2);

const digest = (digests as Record<string, string>)[version];
if (digest === undefined || !(version in tested)) {
  throw new Error(
    `Ghost ${version} was not tested with ghost-replica, so that no image is made of it. ` +
      `Give --build-arg GHOST_VERSION one of: ${Object.keys(tested).join(", ")}.`,
  );
}

// beside the file, so that it can be moved there in one step
const folder = mkdtempSync(join(dirname(file), "fetched-"));
const pack = ["pack", `ghost@${version}`, "--silent", "--pack-destination", folder];
const name = execFileSync("npm", pack, { encoding: "utf8" }).trim();
const fetched = join(folder, name);
const found = createHash("sha512").update(readFileSync(fetched)).digest("base64");
if (found !== digest) {
  throw new Error(
    `The package ghost@${version} that npm delivered is not the one that was published; it was not unpacked. ` +
      "Look at which registry npm uses, then build again.",
  );
}
renameSync(fetched, file);
