import type { Options } from "../configuration/schema.ts";
import { EXIT, Failure } from "../failure.ts";
import { dropDatabase } from "../load/target.ts";
import { placeOf, type Account } from "../mysql/account.ts";
import { connect, type Connection } from "../mysql/connection.ts";
import { readDatabase, readServer, type ServerFacts } from "../mysql/server.ts";
import { startOwnServer } from "./own-server.ts";

/** An empty server in which a dump is tried. */
export interface Scratch {
  readonly account: Account;
  readonly version: string;
  stop(): Promise<void>;
}

export interface ScratchNeeds {
  /** Of the server that was dumped. */
  readonly source: Pick<ServerFacts, "uuid" | "lowerCaseTableNames">;
  readonly signal: AbortSignal;
}

/** Starts a server for the run, or takes the one that the configuration names. */
export async function openScratch(options: Options["scratch"], needs: ScratchNeeds): Promise<Scratch> {
  const { lowerCaseTableNames } = needs.source;
  const own = options.host
    ? undefined
    : await startOwnServer({ directory: options.directory, lowerCaseTableNames, signal: needs.signal });
  const account: Account = own?.account ?? { ...options };
  try {
    const facts = await factsOf(account);
    if (!own) requireFit(account, facts, needs.source);
    return { account, version: facts.version, stop: async () => own?.stop() };
  } catch (error) {
    await own?.stop();
    throw error;
  }
}

async function factsOf(account: Account): Promise<ServerFacts> {
  const connection = await connect(account);
  try {
    return await readServer(connection);
  } finally {
    connection.destroy();
  }
}

function requireFit(account: Account, facts: ServerFacts, source: ScratchNeeds["source"]): void {
  if (facts.uuid === source.uuid) {
    throw unfit(`The scratch server at ${placeOf(account)} is the server that is dumped.`);
  }
  if (facts.lowerCaseTableNames !== source.lowerCaseTableNames) {
    throw unfit(
      `The scratch server has lower_case_table_names=${facts.lowerCaseTableNames}, the other one ${source.lowerCaseTableNames}.`,
    );
  }
}

export interface Borrowed {
  /** May make the database. */
  readonly admin: Connection;
  /** Drops it. */
  giveBack(): Promise<void>;
}

/** @throws {Failure} when the scratch server has something under this name: it might be somebody's data */
export async function borrow({ account }: Scratch, database: string): Promise<Borrowed> {
  const admin = await connect(account);
  try {
    if (await readDatabase(admin, database)) {
      throw unfit(`The scratch server at ${placeOf(account)} has a database "${database}" already.`);
    }
  } catch (error) {
    admin.destroy();
    throw error;
  }
  return {
    admin,
    async giveBack() {
      await dropDatabase(admin, database).catch(() => {
        // a server that does not answer any more has been stopped, or keeps a database that the next run names
      });
      admin.destroy();
    },
  };
}

function unfit(message: string): Failure {
  return new Failure(message, {
    effect: "No dump could be tried, so there is no new backup. Nothing was changed on that server.",
    next: "Name a server that is for this and nothing else, or leave scratch.host out: then one is started for the run.",
    exitCode: EXIT.usage,
  });
}
