#!/usr/bin/env node
// Runs a script of this repository on a machine that has only Node 20 or later and npm: installs what is missing,
// then starts the script with the Node that the repository pins. Plain JavaScript without dependencies, as it runs
// before anything is installed.
//
//   node bootstrap.mjs SCRIPT [ARGUMENT…]       a script
//   node bootstrap.mjs --bin NAME [ARGUMENT…]   a command of node_modules/.bin
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, "node_modules");
/** Written last, so that an install that was killed is not taken for a whole one. */
const stamp = join(modules, ".bootstrap");
/** Outside node_modules, which an install may delete. */
const lock = join(root, ".state", "install.lock");
const windows = process.platform === "win32";
const node = join(modules, "node", "bin", windows ? "node.exe" : "node");
const wait = 250;

/** Set while a child runs, so that signals reach it. */
let child;
let interrupted;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    interrupted ??= signal;
    // a terminal has sent Ctrl-C to the child as well
    if (child && !(signal === "SIGINT" && process.stdin.isTTY)) child.kill(signal);
    // while waiting for another install there is no child whose end would end this
    if (!child) finish(130);
  });
}

await main(process.argv.slice(2));

async function main([first, ...rest]) {
  if (!first) fail("Usage: node bootstrap.mjs SCRIPT [ARGUMENT…] | --bin NAME [ARGUMENT…]");
  await install();
  const env = { ...process.env, PATH: [dirname(node), join(modules, ".bin"), process.env.PATH].join(delimiter) };
  if (first === "--bin") {
    const [name = "", ...args] = rest;
    const bin = join(modules, ".bin", windows ? `${name}.cmd` : name);
    if (!existsSync(bin)) fail(`There is no command ${name} in node_modules/.bin.`);
    finish(await run(bin, args, { env, stdio: "inherit", shell: windows }));
  }
  // over the channel the script notices when this program is gone
  finish(await run(node, [join(root, first), ...rest], { env, stdio: ["inherit", "inherit", "inherit", "ipc"] }));
}

async function install() {
  const wanted = fingerprint();
  if (installed(wanted)) return;
  await acquire();
  try {
    if (installed(wanted)) return;
    const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    say("Installing what is missing; the first time this takes about a minute.");
    rmSync(stamp, { force: true });
    // pnpm writes this file last: without it, what is there is half of an install that was killed
    const stray = existsSync(modules) && !existsSync(join(modules, ".modules.yaml"));
    if (stray) removeModules();
    let code = await pnpm(packageManager);
    if (failed(code) && reachable(packageManager)) {
      say("That failed; trying once more from nothing.");
      removeModules();
      code = await pnpm(packageManager);
    }
    if (failed(code)) fail(diagnosis(packageManager, code), code || 1);
    writeFileSync(stamp, wanted);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** pnpm's progress goes to stderr: stdout belongs to the script. */
function pnpm(packageManager) {
  const flags = [
    "--frozen-lockfile",
    // npx has fetched the right pnpm; it need not look for itself in the registry once more
    "--config.pm-on-fail=ignore",
    // the packages will run on the Node that is being installed, not on the one that runs this
    `--config.node-version=${/^ {2}node: (\S+)$/m.exec(readFileSync(join(root, "pnpm-workspace.yaml"), "utf8"))?.[1]}`,
  ];
  return run("npx", ["-y", packageManager, "install", ...flags], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: windows,
    // nobody can be asked whether node_modules may be made anew
    env: { ...process.env, CI: "true" },
  });
}

function failed(code) {
  if (interrupted) finish(130);
  return code !== 0 || !existsSync(node);
}

function installed(wanted) {
  return existsSync(node) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
}

/** Changes when an install would come out differently. */
function fingerprint() {
  const manifests = readdirSync(join(root, "packages")).map((name) => join("packages", name, "package.json"));
  const files = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", join("test", "package.json"), ...manifests];
  const digest = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const file of files.filter((name) => existsSync(join(root, name))).toSorted()) {
    digest.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return digest.digest("hex");
}

function removeModules() {
  const rooms = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
  for (const folder of [root, join(root, "test"), ...rooms]) {
    rmSync(join(folder, "node_modules"), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** One install at a time; the lock of a process that is gone is void. */
async function acquire() {
  mkdirSync(dirname(lock), { recursive: true });
  for (let told = false; ; told = true) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const pid = holder();
    if (pid === undefined) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!told) say(`Process ${pid} is installing already; waiting for it.`);
    await sleep(wait);
  }
}

function holder() {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    process.kill(pid, 0);
    return pid || undefined;
  } catch (error) {
    return error.code === "EPERM" ? "of another user" : undefined;
  }
}

function run(command, args, options) {
  return new Promise((resolve) => {
    child = spawn(command, args, options);
    child.on("error", (error) => {
      say(`${command} could not be started: ${error.message}`);
      child = undefined;
      resolve(127);
    });
    child.on("exit", (code, signal) => {
      child = undefined;
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}

/** Whether npm's registry answers; without it a second try from nothing would only make things worse. */
function reachable(packageManager) {
  const view = ["view", packageManager, "version", "--fetch-timeout=10000", "--fetch-retries=0"];
  return spawnSync("npm", view, { stdio: "ignore", shell: windows, timeout: 30_000 }).status === 0;
}

function diagnosis(packageManager, code) {
  const rest = "Nothing was started, and nothing outside of node_modules was changed.";
  if (reachable(packageManager)) {
    return `pnpm could not install the packages (exit code ${code}); its reason stands above.\n${rest}\nMend that, then try again.`;
  }
  return `npm is missing, or its registry could not be reached.\n${rest}\nCheck the network and npm's proxy settings (npm ping), then try again.`;
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text, code = 1) {
  say(text);
  finish(code);
}

function finish(code) {
  if (heldHere()) rmSync(lock, { force: true });
  process.exit(code);
}

function heldHere() {
  try {
    return readFileSync(lock, "utf8") === String(process.pid);
  } catch {
    return false;
  }
}
