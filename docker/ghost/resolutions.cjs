/**
 * Tells `require` from resolutions.json which file it leads to: looking for each of Ghost's two thousand modules is an
 * eighth of a start. What was not recorded is looked for as ever.
 */
const { readFileSync } = require("node:fs");
const Module = require("node:module");

/** By the folder of the module that asks, then by what it asks for. */
const resolutions = JSON.parse(readFileSync("/var/lib/ghost/resolutions.json", "utf8"));
const resolve = Module._resolveFilename;

Module._resolveFilename = (request, parent, isMain, options) =>
  (!options && resolutions[parent?.path]?.[request]) || resolve(request, parent, isMain, options);
