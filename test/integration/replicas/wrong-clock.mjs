// Loaded into Ghost's process before Ghost: the clock of its machine is wrong by as many ms as a file says, from the
// moment at which the file says so. Timers run on, as they do when a clock is set.
import { readFileSync, writeFileSync } from "node:fs";

const FILE = process.env.WRONG_CLOCK;

const LOOK_MS = 50;

const right = Date;
let wrongBy = 0;

const now = () => right.now() + wrongBy;

globalThis.Date = new Proxy(right, {
  get: (date, name) => (name === "now" ? now : date[name]),
  apply: (date) => String(new date(now())),
  construct: (date, args, made) => Reflect.construct(date, args.length > 0 ? args : [now()], made),
});

setInterval(() => {
  const text = readFileSync(FILE, "utf8");
  // in the middle of being written
  if (text === "" || Number(text) === wrongBy) return;
  wrongBy = Number(text);
  writeFileSync(`${FILE}.taken`, text);
}, LOOK_MS).unref();
