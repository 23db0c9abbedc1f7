import { Command } from "commander";
import type { ServerOptions } from "../configuration/schema.ts";
import { examineContent, restoreContent, type ContentRestoration } from "../content/restoration.ts";
import { EXIT, Failure, type ExitCode } from "../failure.ts";
import { Later } from "../later.ts";
import { wayTo, type Way } from "../moment.ts";
import { requireUnused } from "../mysql/sessions.ts";
import { Patience } from "../patience.ts";
import { restore } from "../restore.ts";
import { identitiesFor } from "../verify-backup.ts";
import type { Io } from "./io.ts";
import type { Progress } from "./progress.ts";
import { withRestoreFlags, type RestoreFlags } from "./restore-flags.ts";
import { contentText, restoreText } from "./restore-text.ts";
import { openSession, serverNamed, type Session } from "./session.ts";
import { thawing } from "./thaw-flags.ts";

export function restoreCommand(io: Io, ending: (code: ExitCode) => void): Command {
  const command = new Command("restore")
    .description("Loads a backup into a MySQL server, and compares what it then holds.")
    .argument("[name]", 'its name, as `backup list` shows it, or "latest"');
  return withRestoreFlags(command).action(async (name: string | undefined, flags: RestoreFlags) =>
    ending(await run(name, flags, io)),
  );
}

async function run(given: string | undefined, flags: RestoreFlags, io: Io): Promise<ExitCode> {
  const wanted = which(given, flags);
  const session = openSession(flags, io);
  const { options, store, catalogue, log } = session;
  const { signal } = io;
  const server = serverNamed(options, flags.server);
  const patience = flags.wait === undefined ? undefined : new Patience(flags.wait, log, signal);
  await patience?.until(() => catalogue.list(flags.from ?? server.name, flags.database));
  const { manifest, route } = await backupFor(wanted, flags, session, server);
  const withKey = flags.identity ? { ...options, identityFile: flags.identity } : options;
  const identities = identitiesFor(manifest, withKey, route);
  const content = contentOf(flags, { manifest, identities, store, log, signal });
  if (flags.contentOnly && content) return onlyContent(content, flags, io);
  const into = flags.into ?? manifest.database.name;
  await patience?.until(() => requireUnused(server, into));
  const until = flags.at instanceof Date ? flags.at : undefined;
  const later = route && new Later({ options, manifest, route, until, identities, store, log, signal });
  let shown: Progress | undefined;
  const restored = await restore({
    options,
    manifest,
    server,
    into,
    replace: flags.replace ?? false,
    definers: flags.createDefiners ?? false,
    content,
    identities,
    thawing: thawing(flags, session, io),
    store,
    catalogue,
    ...(later && { source: () => later.source() }),
    log,
    onRows(bytes) {
      shown ??= session.progress(`loading ${manifest.name}`, later ? undefined : manifest.dump.bytes);
      shown.add(bytes);
    },
    signal,
  }).finally(async () => {
    shown?.end();
    await later?.end();
  });
  const result = { ...restored, transactions: later?.transactions ?? 0, lastCommit: later?.lastCommit ?? null };
  io.stdout.write(flags.json ? `${JSON.stringify(result, null, 2)}\n` : restoreText(result, io));
  return EXIT.ok;
}

async function onlyContent(content: ContentRestoration, flags: RestoreFlags, io: Io): Promise<ExitCode> {
  await examineContent(content);
  const done = await restoreContent(content);
  const json = { backup: content.manifest.name, content: done };
  io.stdout.write(flags.json ? `${JSON.stringify(json, null, 2)}\n` : contentText(done, io));
  return EXIT.ok;
}

async function backupFor(wanted: string, flags: RestoreFlags, session: Session, server: ServerOptions): Promise<Way> {
  const { options, store, catalogue, log } = session;
  const from = flags.from ?? server.name;
  const { at, database } = flags;
  if (at === undefined) {
    const name = await catalogue.find(wanted, undefined, from, database);
    return { manifest: await catalogue.read(name), route: undefined };
  }
  const moment = at === "now" ? undefined : at;
  return wayTo({ options, store, catalogue, from, database, at: moment, server, log });
}

type Ground = Omit<ContentRestoration, "into" | "replace">;

function contentOf(flags: RestoreFlags, ground: Ground): ContentRestoration | undefined {
  if (!flags.content && !flags.contentInto && !flags.contentOnly) return undefined;
  return { ...ground, into: flags.contentInto ?? new Map(), replace: flags.replace ?? false };
}

function which(given: string | undefined, flags: RestoreFlags): string {
  const { at, contentOnly, into, createDefiners } = flags;
  if (contentOnly && (into !== undefined || createDefiners)) throw leavesDatabase();
  if (at && (given === undefined || given === "latest")) return "latest";
  if (given !== undefined && !at) return given;
  throw new Failure(at ? "A name and --at were given." : "Neither a name nor --at was given.", {
    effect: "Nothing was changed.",
    next: 'Give one of them: a name, "latest", or --at TIME.',
    exitCode: EXIT.usage,
  });
}

function leavesDatabase(): Failure {
  return new Failure("--content-only leaves the database alone, but --into or --create-definers was given.", {
    effect: "Nothing was changed.",
    next: "Use --content to restore both, or leave the other flag out; --content-into names another bucket.",
    exitCode: EXIT.usage,
  });
}
