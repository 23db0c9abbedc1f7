import { closeSync, existsSync, openSync, unlinkSync, writeSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "./account.ts";

/** Memory, where the system has it: what lies there never reaches a disk. */
const SHARED_MEMORY = "/dev/shm";

/** What `ps` and the logs see of it. */
export const LOGIN_PATH = "/dev/fd/3";

const SSL_MODES = { off: "DISABLED", preferred: "PREFERRED", required: "REQUIRED", verify: "VERIFY_IDENTITY" } as const;

/**
 * An option file for MySQL's programs that has no name any more: it is handed over as an open descriptor, number 3. A
 * password on the command line is seen by `ps`, one in MYSQL_PWD by whoever may read the environment, one in a file
 * stays when the process is killed. (Not a pipe: what Node makes is a socket, which cannot be opened by its path.)
 */
export function openLoginFile(account: Account): { readonly fd: number; close(): void } {
  const folder = existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir();
  const path = join(folder, randomUUID());
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  writeSync(fd, textOf(account));
  return { fd, close: () => closeSync(fd) };
}

/** @see https://dev.mysql.com/doc/refman/9.7/en/option-files.html */
export function textOf({ host, port, socket, user, password, tls, tlsCa }: Account): string {
  const lines = [
    ...(socket
      ? [["socket", socket]]
      : [
          ["host", host ?? "localhost"],
          ["port", String(port ?? 3306)],
          ["protocol", "TCP"],
        ]),
    ["user", user],
    ...(password === undefined ? [] : [["password", password]]),
    ...(socket ? [] : [["ssl-mode", SSL_MODES[tls === "verify" && !tlsCa ? "required" : tls]]]),
    ...(tlsCa && !socket ? [["ssl-ca", tlsCa]] : []),
    // without TLS the password is sent encrypted with this key
    ...(tls === "off" && !socket ? [["get-server-public-key", "ON"]] : []),
  ] as [string, string][];
  return `[client]\n${lines.map(([name, value]) => `${name}=${quote(value)}\n`).join("")}`;
}

/** A value in quotes may hold "#" and blanks; the backslash is the only way to a quote and a line break. */
const quote = (value: string): string =>
  `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t")}"`;
