import { EXIT, Failure, NO_BACKUP } from "../failure.ts";

/** Major and minor version; what a patch changes is no part of a dump. */
type Series = readonly [major: number, minor: number];

/** Up to 5.7, `Ver` is the program's own number, and the distribution's stands behind it. */
function seriesOf(text: string): Series | undefined {
  const [, major, minor] =
    /Distrib (\d+)\.(\d+)/.exec(text) ?? /Ver (\d+)\.(\d+)/.exec(text) ?? /^(\d+)\.(\d+)/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}

const isOlder = ([major, minor]: Series, [otherMajor, otherMinor]: Series): boolean =>
  major < otherMajor || (major === otherMajor && minor < otherMinor);

/**
 * A client does not know what came after it: it leaves that out of the dump, and the same client does not miss it when
 * the dump is tried.
 * @param mysqldump what it says of itself
 * @throws {Failure} when it is older than the server, or not MySQL's
 */
export function requireClient(mysqldump: string, server: string): void {
  const client = seriesOf(mysqldump);
  const wanted = seriesOf(server);
  if (!wanted || (client && !isOlder(client, wanted) && !/mariadb/i.test(mysqldump))) return;
  throw new Failure(`mysqldump is "${mysqldump}", and the server ${server}.`, {
    effect: `Its dump could lack what it does not know. ${NO_BACKUP}`,
    next: `Install MySQL's client of version ${wanted.join(".")} or newer, or use the image of the server's version.`,
    exitCode: EXIT.unavailable,
  });
}
