import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Options, ServerOptions } from "../configuration/schema.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Log } from "../log.ts";
import { readLogs, requireArchivable } from "../mysql/binary-log.ts";
import { connect, type Connection } from "../mysql/connection.ts";
import { tryLock, type RunLock } from "../mysql/run-lock.ts";
import { readServer, serverTime } from "../mysql/server.ts";
import type { Store } from "../store/store.ts";
import { listSegments, placeOf } from "./archive.ts";
import { cutLog, type CutLog } from "./cut-log.ts";
import { noEvents } from "./events.ts";
import { fetchLog } from "./fetch-log.ts";
import { binlogPrefix, chainName, segmentKey, type Archive, type LogFile } from "./names.ts";
import { nextStep, type Place, type ServerLog, type Step } from "./plan.ts";
import { storeSegment } from "./store-segment.ts";

/** A server forgets a connection that says nothing for so long, and its lock with it: that of a host that is gone. */
const FORGOTTEN_S = 90;

/** A commit stands in the log before this much time is over, also on a disk that is slow to write. */
const SETTLING_MS = 2000;

/** Longest wait for an answer of the server. */
const ANSWER_MS = 30_000;

export interface ArchiverRequest {
  readonly options: Options;
  readonly server: ServerOptions;
  readonly store: Store;
  readonly log: Log;
  /** Told of each gap. */
  readonly onGap: (failure: Failure) => void;
}

/** What is known of a server's archive. */
export interface ArchiveState {
  lastUpload: Date | undefined;
  /** What was committed by then is in the bucket. */
  reached: Date | undefined;
  /** From then on nothing is missing. */
  unbrokenSince: Date | undefined;
  /** Since this program runs. */
  gaps: number;
}

interface Session {
  readonly connection: Connection;
  readonly lock: RunLock;
  readonly archive: Archive;
  readonly folder: string;
  place: Place | undefined;
}

/**
 * Archives the binary log of one server. It knows nothing that it did not read from the bucket or the server: where it
 * goes on is what a listing says, on whatever host it runs.
 */
export class Archiver {
  readonly state: ArchiveState = { lastUpload: undefined, reached: undefined, unbrokenSince: undefined, gaps: 0 };
  readonly #request: ArchiverRequest;
  #session: Session | undefined;

  constructor(request: ArchiverRequest) {
    this.#request = request;
  }

  get server(): string {
    return this.#request.server.name;
  }

  /** Archives what is new. @throws {Failure} with exit code 75 while another one archives this server */
  async round(signal: AbortSignal): Promise<void> {
    try {
      this.#session ??= await this.#open();
      await this.#catchUp(this.#session, signal);
    } catch (error) {
      // the next round begins with what the bucket says
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    session?.connection.destroy();
    // not released: a connection that hangs would be waited for; the lock goes with it
    session?.lock.forget();
    if (session) await rm(session.folder, { recursive: true, force: true });
  }

  async #open(): Promise<Session> {
    const { options, server, store } = this.#request;
    const connection = await connect(server);
    let lock: RunLock | undefined;
    try {
      await connection.query(`SET SESSION wait_timeout = ${FORGOTTEN_S}`);
      const facts = await readServer(connection);
      await requireArchivable(connection, facts, server.user);
      lock = await tryLock(connection, `${options.bucket}/${binlogPrefix(options.prefix)}/${server.name}`);
      if (!lock) throw busy(server.name);
      const archive = { server: server.name, uuid: facts.uuid };
      const segments = await listSegments(store, options.prefix, archive);
      const place = placeOf(segments);
      const chain = segments.filter((segment) => segment.chain === place?.chain);
      this.state.unbrokenSince = place && new Date(Math.min(...chain.map(({ reach }) => reach)));
      return { connection, lock, archive, folder: await freshFolder(options, facts.uuid), place };
    } catch (error) {
      lock?.forget();
      connection.destroy();
      throw error;
    }
  }

  async #catchUp(session: Session, signal: AbortSignal): Promise<void> {
    const settled = (await answered(serverTime(session.connection))).getTime() - SETTLING_MS;
    for (;;) {
      // anew each time: a file is fetched as it is by then, which is more than an older list says
      const logs = await answered(readLogs(session.connection));
      const step = nextStep(session.place, logs);
      if (step.kind === "nothing") break;
      if (step.kind === "gap") {
        this.#gap(session, step.why, logs);
        continue;
      }
      const newest = step.name === logs.at(-1)?.name;
      if (!(await this.#fetch(session, step, newest ? settled : undefined, signal))) return;
      // what is written meanwhile is for the next round
      if (newest && session.place) break;
    }
    this.state.reached = new Date(settled);
  }

  /** @returns whether it came any further */
  async #fetch(
    session: Session,
    step: Extract<Step, { kind: "fetch" }>,
    settled: number | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { name, from, birth } = step;
    const { folder } = session;
    const log = await fetchLog({ account: this.#request.server, name, from, folder, signal });
    try {
      const cut = await cutLog({ log, from, settled });
      if (birth !== undefined && birth !== cut.birth) {
        this.#gap(session, `${name} was begun anew, as RESET BINARY LOGS AND GTIDS does`, []);
        return true;
      }
      if (cut.segments.length === 0 && settled === undefined) throw noEvents(`${name} ends before its size`);
      await this.#send(session, name, log.path, cut, signal);
      return cut.segments.length > 0;
    } finally {
      await rm(log.path, { force: true });
    }
  }

  async #send(session: Session, name: string, path: string, cut: CutLog, signal: AbortSignal): Promise<void> {
    const { options, store, log } = this.#request;
    const { compressionLevel, partBytes, recipients } = options;
    const same = session.place?.file.name === name ? session.place.file : undefined;
    const file: LogFile = same ?? { name, birth: cut.birth, before: session.place?.end ?? 0 };
    const chain = session.place?.chain ?? chainName(await serverTime(session.connection));
    if (!session.place) log.info("a chain of binary logs begins", { server: this.server, file: name, chain });
    for (const segment of cut.segments) {
      const whole = { ...segment, file };
      const key = segmentKey(options.prefix, session.archive, chain, whole, recipients.length > 0);
      const sending = { store, key, path, head: cut.head, segment, compressionLevel, partBytes, recipients };
      const stored = await storeSegment({ ...sending, log, signal });
      session.place = { chain, file, end: segment.end, last: segment.last };
      this.state.lastUpload = new Date();
      this.state.unbrokenSince ??= new Date(segment.reach);
      log.info("binary log archived", {
        server: this.server,
        file: name,
        from: segment.start,
        to: segment.end,
        stored,
      });
    }
  }

  #gap(session: Session, why: string, [oldest]: readonly ServerLog[]): void {
    const { log, onGap } = this.#request;
    const failure = new Failure(`The binary log of "${this.server}" has a gap: ${why}.`, {
      effect: "No restore goes across it: a moment behind it needs a backup that was made behind it.",
      next: "Run `backup run` now, and let the server keep its log for longer (binlog_expire_logs_seconds).",
      exitCode: EXIT.mismatch,
    });
    session.place = undefined;
    this.state.gaps += 1;
    this.state.unbrokenSince = undefined;
    const { effect, next } = failure;
    log.error("a part of the binary log is lost", failure, { server: this.server, oldest: oldest?.name, effect, next });
    onGap(failure);
  }
}

/** Of a run that was killed nothing is left: whoever holds the lock begins with an empty folder. */
async function freshFolder({ scratch }: Options, uuid: string): Promise<string> {
  const folder = join(scratch.directory ?? tmpdir(), `binlog-${uuid}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** A network that was cut says nothing for a quarter of an hour. */
async function answered<T>(asked: Promise<T>): Promise<T> {
  const waited = new AbortController();
  const silence = delay(ANSWER_MS, undefined, { signal: waited.signal, ref: false }).then(() => {
    throw new Failure(`MySQL has not answered for ${ANSWER_MS / 1000} s.`, {
      effect: "The newest part of the binary log is not archived yet.",
      next: "Look at the server and the network; it is tried again.",
      exitCode: EXIT.unavailable,
    });
  });
  try {
    return await Promise.race([asked, silence]);
  } finally {
    silence.catch(() => {});
    waited.abort();
  }
}

function busy(server: string): Failure {
  return new Failure(`Another program archives the binary log of "${server}".`, {
    effect: "This one does nothing meanwhile.",
    next: "Nothing, if the other one is meant to run: this one goes on when it ends.",
    exitCode: EXIT.temporary,
  });
}
