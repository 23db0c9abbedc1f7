/** Notes for docker/ghost/resolutions.cjs which file each `require` of Ghost leads to. */
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { isMainThread } = require("node:worker_threads");

const RESOLUTIONS = "/tmp/resolutions.json";

/** What is not below it is not in the image in the end. */
const GHOST = "/var/lib/ghost/current/";

const resolutions = existsSync(RESOLUTIONS) ? JSON.parse(readFileSync(RESOLUTIONS, "utf8")) : {};
const resolve = Module._resolveFilename;

Module._resolveFilename = (request, parent, isMain, options) => {
  const file = resolve(request, parent, isMain, options);
  if (!options && parent?.path?.startsWith(GHOST) && file.startsWith(GHOST)) {
    resolutions[parent.path] ??= {};
    resolutions[parent.path][request] = file;
  }
  return file;
};

process.on("exit", () => {
  if (isMainThread) writeFileSync(RESOLUTIONS, JSON.stringify(resolutions));
});
