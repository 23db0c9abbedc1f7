import { mkdir } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { takeBootLock, lockName, type BootLock } from "./boot/boot-lock.ts";
import { joinCompany } from "./boot/company.ts";
import { prepareDatabase } from "./boot/prepare-database.ts";
import { requireSuitable } from "./boot/suitability.ts";
import { Bucket } from "./content/bucket.ts";
import { Database } from "./database/database.ts";
import { Leases } from "./database/leases.ts";
import { Drain } from "./drain.ts";
import { EXIT, Failure } from "./failure.ts";
import { brokenSymbols, describe } from "./ghost/contract.ts";
import type { Ghost } from "./ghost/ghost.ts";
import type { GhostServer } from "./ghost/modules.ts";
import { wrap } from "./ghost/wrap.ts";
import { portOf, serveHealth } from "./health/health-server.ts";
import { createMetrics, type Metrics } from "./health/metrics.ts";
import { Pulse } from "./health/pulse.ts";
import { Readiness } from "./health/readiness.ts";
import { ghostLog, type Log } from "./log.ts";
import { makePlan, notTheTested, type Plan } from "./plan.ts";
import { replicaId } from "./replica-id.ts";
import { openRooms, type Rooms } from "./rooms.ts";
import { installServing } from "./serving/middleware.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Starts a replica in this process; it then runs until it is told to end.
 * @throws {Failure} when it must not start
 */
export async function startReplica(ghost: Ghost): Promise<void> {
  process.env.NODE_ENV ||= "production";
  await new Replica(ghost, makePlan(ghost)).start();
}

/** After a boot that failed, Ghost closes its server and flushes its log before it ends. */
const GHOST_ENDS_MS = 10_000;

/** The life of one process: wait, prepare, boot Ghost, take part, leave. */
class Replica {
  readonly #id = replicaId();
  readonly #began = performance.now();
  readonly #ghost: Ghost;
  readonly #plan: Plan;
  readonly #log: Log;
  readonly #metrics: Metrics = createMetrics();
  readonly #readiness: Readiness;
  readonly #drain = new Drain();
  #rooms: Rooms | undefined;
  /** Of a replica that has no rooms, as it must be alone. */
  #pulse: Pulse | undefined;
  /** What is still to be done before requests may come. */
  #phase: string | undefined = "starting";

  constructor(ghost: Ghost, plan: Plan) {
    this.#ghost = ghost;
    this.#plan = plan;
    this.#log = ghostLog(ghost);
    this.#readiness = new Readiness(() => ({
      replica: this.#id,
      ghost: ghost.version,
      leader: this.#rooms?.leadership.held ?? false,
    }));
  }

  async start(): Promise<void> {
    const { options, connection, aloneBecause, untested } = this.#plan;
    this.#watchReadiness();
    const health = await serveHealth({
      host: options.healthHost,
      port: options.healthPort,
      readiness: this.#readiness,
      metrics: this.#metrics,
      refresh: () => this.#refreshFigures(),
    });
    this.#log.info(`Replica ${this.#id}: health and metrics on port ${portOf(health)}`);
    if (aloneBecause) this.#log.warn(`This replica must be the only one: ${aloneBecause}`);
    else if (untested) this.#log.warn(untested);
    // until Ghost listens to signals itself; as the first process of a container it would not hear them otherwise
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(EXIT.ok));
    if (connection) await this.#startOnMysql(new Database(this.#ghost, connection));
    else await this.#boot();
    this.#takePart();
  }

  async #startOnMysql(database: Database): Promise<void> {
    const { options, aloneBecause } = this.#plan;
    const leases = new Leases(database, this.#id, this.#metrics.leases);
    const lock = await this.#in("waiting for another replica", () =>
      takeBootLock(database, this.#log, options.bootTimeout),
    );
    await this.#in("preparing the database", async () => {
      await requireSuitable(lock.connection, lockName(database.name, `probe-${this.#id}`));
      await prepareDatabase(database, lock.connection, this.#ghost, this.#log);
      await joinCompany({ leases, id: this.#id, log: this.#log, aloneBecause });
    });
    if (aloneBecause === undefined) await this.#bootTogether(this.#surroundings(database, leases), lock);
    else await this.#bootAlone(database);
    lock.release();
  }

  async #bootTogether(surroundings: Surroundings, lock: BootLock): Promise<void> {
    const rooms = openRooms(surroundings);
    this.#rooms = rooms;
    const serving = installServing(surroundings, {
      draining: () => this.#drain.draining,
      written: () => rooms.poll.doubt(),
    });
    rooms.install();
    await this.#in("fetching themes", () => rooms.pull());
    this.#releaseOnceInitialised(lock);
    await this.#boot();
    this.#requireContract();
    await this.#in("taking over changes", () => rooms.start());
    await this.#in("publishing the admin's files", () => serving.published);
  }

  async #bootAlone(database: Database): Promise<void> {
    await this.#boot();
    this.#pulse = new Pulse(database, this.#plan.options.pollInterval, this.#log);
    this.#pulse.start();
  }

  /** Another replica may start as soon as the tables and the default settings are there. */
  #releaseOnceInitialised(lock: BootLock): void {
    wrap(this.#ghost.use("settingsService"), "syncEmailSettings", async (sync, _service, value) => {
      const result = await sync(value);
      lock.release();
      return result;
    });
  }

  async #boot(): Promise<void> {
    // Ghost writes a copy of the database there before it deletes all content, and relies on its installer for the folder
    await mkdir(this.#ghost.config.getContentPath("data"), { recursive: true });
    const server = await this.#in("booting Ghost", () => this.#ghost.use("boot")());
    if (server) {
      this.#leaveInOrder(server);
      return;
    }
    // Ghost has logged why and is about to end the process with an exit code of its own
    await sleep(GHOST_ENDS_MS);
    throw new Failure("Ghost could not be booted; its log says why.", {
      effect: "This replica never took a request.",
      next: "Mend what Ghost's log names, then start it again.",
      exitCode: EXIT.failed,
    });
  }

  #requireContract(): void {
    const broken = brokenSymbols(this.#ghost, "after boot");
    if (broken.length > 0) throw notTheTested(this.#ghost, describe(broken));
  }

  /** From the moment at which there may be work under way. */
  #leaveInOrder(server: GhostServer): void {
    server.registerCleanupTask(async () => this.#rooms?.leave(), "Replica");
    this.#drain.onSignals({
      delayMs: this.#plan.options.drainDelay,
      stopClaiming: async () => this.#rooms?.stopClaiming(),
      settle: async () => this.#rooms?.settle(),
      shutdown: () => server.shutdown(),
      log: this.#log,
    });
  }

  #takePart(): void {
    this.#phase = undefined;
    const seconds = (performance.now() - this.#began) / 1000;
    this.#metrics.bootSeconds.set({ phase: "all" }, seconds);
    this.#log.info(`This replica takes requests after ${seconds.toFixed(1)} s`);
  }

  #watchReadiness(): void {
    const { staleAfter } = this.#plan.options;
    this.#readiness.require("booted", () => this.#phase);
    this.#readiness.require("draining", () => (this.#drain.draining ? "this replica was asked to end" : undefined));
    // the last good one will do: the replicas that cannot take over a new one must not all be taken out of service
    this.#readiness.require("theme", () =>
      this.#phase === undefined && !this.#ghost.use("themeEngine").get() ? "no theme is mounted" : undefined,
    );
    this.#readiness.require("database", () => {
      const age = (this.#rooms?.poll ?? this.#pulse)?.ageMs ?? 0;
      return this.#phase === undefined && age > staleAfter
        ? `the database has not answered for ${(age / 1000).toFixed(1)} s`
        : undefined;
    });
  }

  #refreshFigures(): void {
    this.#metrics.ready.set(this.#readiness.state().ready ? 1 : 0);
    this.#metrics.leader.set(this.#rooms?.leadership.held ? 1 : 0);
    if (this.#rooms && this.#phase === undefined) this.#metrics.pollAge.set(this.#rooms.poll.ageMs / 1000);
  }

  #surroundings(database: Database, leases: Leases): Surroundings {
    const { options } = this.#plan;
    return {
      id: this.#id,
      ghost: this.#ghost,
      options,
      database,
      leases,
      bucket: new Bucket({ ...options, bucket: String(options.bucket) }),
      metrics: this.#metrics,
      log: this.#log,
    };
  }

  /** Notes what is being done, for whoever asks why this replica is not ready, and how long it took. */
  async #in<Result>(phase: string, work: () => Promise<Result>): Promise<Result> {
    this.#phase = phase;
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.#metrics.bootSeconds.set({ phase }, (performance.now() - began) / 1000);
    }
  }
}
