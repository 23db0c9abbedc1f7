import type { DefinerAccount } from "./dump/definitions.ts";
import { EXIT, Failure } from "./failure.ts";
import { missingDefiners } from "./load/target.ts";
import type { Connection } from "./mysql/connection.ts";
import type { Rights } from "./mysql/privileges.ts";
import { isEmpty, readDatabase, readServer } from "./mysql/server.ts";
import type { RestoreRequest } from "./restore.ts";

/**
 * All that can be known before the first statement that changes anything.
 * @returns whether the database holds something
 */
export async function examine(request: RestoreRequest, connection: Connection): Promise<boolean> {
  const { manifest, into, log } = request;
  const facts = await readServer(connection);
  if (facts.lowerCaseTableNames !== manifest.server.lowerCaseTableNames) {
    log.warn("the server treats upper and lower case in names of tables otherwise", {
      backup: manifest.server.lowerCaseTableNames,
      server: facts.lowerCaseTableNames,
    });
  }
  const exists = (await readDatabase(connection, into)) !== undefined;
  const full = exists && !(await isEmpty(connection, into));
  if (full && !request.replace) throw occupied(into);
  requireRights(request, facts.rights);
  await requireDefiners(request, connection, manifest.definers);
  return full;
}

/** @throws {Failure} when accounts are missing that nobody allowed to make */
export async function requireDefiners(
  { definers }: RestoreRequest,
  connection: Connection,
  wanted: readonly DefinerAccount[],
): Promise<void> {
  const missing = await missingDefiners(connection, wanted);
  if (missing.length > 0 && !definers) throw lackingDefiners(missing);
}

/** What is loaded is read back at the end: an account that cannot do that would be found out too late. */
function requireRights({ server, into, manifest }: RestoreRequest, rights: Rights): void {
  const missing = rights.missing(into);
  if (manifest.definers.length > 0 && !rights.mayNameDefiners) missing.push("SET_ANY_DEFINER ON *.*");
  if (missing.length === 0) return;
  throw new Failure(`The account "${server.user}" lacks rights for a restore into "${into}": ${missing.join("; ")}.`, {
    effect: "Nothing was changed.",
    next: "Restore with the server's administrator, as the README shows.",
    exitCode: EXIT.forbidden,
  });
}

function occupied(into: string): Failure {
  return new Failure(`The database "${into}" is not empty.`, {
    effect: "Nothing was changed.",
    next: "Add --replace to replace it after a safety dump, or --into NAME to restore beside it.",
    exitCode: EXIT.usage,
  });
}

function lackingDefiners(missing: readonly DefinerAccount[]): Failure {
  const named = missing.map(({ user, host }) => `'${user}'@'${host}'`).join(", ");
  return new Failure(`Views, triggers, routines or events run as accounts that this server lacks: ${named}.`, {
    effect: "Nothing was changed.",
    next: "Create them with their rights, or add --create-definers: then they are made, locked, with rights on this database only.",
    exitCode: EXIT.unavailable,
  });
}
