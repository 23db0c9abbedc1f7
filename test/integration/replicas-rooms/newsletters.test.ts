import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../../packages/replicas/src/database/database.ts";
import { Leases } from "../../../packages/replicas/src/database/leases.ts";
import type { ModelClass, Transaction } from "../../../packages/replicas/src/ghost/modules.ts";
import { Interrupted, Sender, leaseName } from "../../../packages/replicas/src/newsletters/sender.ts";
import { explain, undecided } from "../../../packages/replicas/src/newsletters/undecided.ts";
import { describeWith, docker } from "../../needs.ts";
import { startServer, type TestServer } from "./server.ts";

const SHORT_MS = 1000;
const LONG_MS = 30_000;
const NAME = "newsletters";

/** The columns that matter, in another collation than the package's tables, as old blogs have it. */
const TABLES = [
  "CREATE TABLE emails (id VARCHAR(24) PRIMARY KEY, post_id VARCHAR(24), subject VARCHAR(300), status VARCHAR(50)) COLLATE utf8mb4_general_ci",
  "CREATE TABLE email_batches (id VARCHAR(24) PRIMARY KEY, email_id VARCHAR(24), status VARCHAR(50), updated_at DATETIME) COLLATE utf8mb4_general_ci",
  "CREATE TABLE email_recipients (id INT AUTO_INCREMENT PRIMARY KEY, batch_id VARCHAR(24)) COLLATE utf8mb4_general_ci",
];

interface Knex {
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  destroy(): Promise<void>;
}

const insert = (transaction: Transaction, id: string) =>
  transaction.raw("INSERT INTO email_batches VALUES (?, 'e1', 'pending', UTC_TIMESTAMP())", [id]);

describeWith([docker], "newsletters on MySQL", () => {
  let server: TestServer;
  let database: Database;
  let one: Leases;
  let two: Leases;
  let knex: Knex;

  beforeAll(async () => {
    server = await startServer();
    database = await server.database(NAME);
    one = new Leases(database, "one");
    two = new Leases(server.again(NAME), "two");
    for (const table of TABLES) await database.change(table);
    const open = server.ghost.require("knex") as (options: object) => Knex;
    knex = open({ client: "mysql2", connection: { ...server.connection, database: NAME }, pool: { min: 0 } });
  });

  afterAll(async () => {
    await knex.destroy();
    await server.stop();
  });

  const model = {
    prototype: { tableName: "email_batches" },
    transaction: (work) => knex.transaction(work),
  } as ModelClass;
  const batches = async () => (await database.rows<{ id: string }>("SELECT id FROM email_batches")).map(({ id }) => id);

  test("a sender's transaction is kept while the lease is its own", async () => {
    const lease = (await one.acquire(leaseName("e1"), LONG_MS))!;
    await new Sender("e1", lease, "CODE").fenced(model).transaction((transaction) => insert(transaction, "b1"));
    expect(await batches()).toEqual(["b1"]);
    await lease.release();
  });

  test("one that hung within it keeps the e-mail from nobody, and writes nothing when it wakes up", async () => {
    const hung = (await one.acquire(leaseName("e1"), SHORT_MS))!;
    let next;
    const work = new Sender("e1", hung, "CODE").fenced(model).transaction(async (transaction) => {
      await insert(transaction, "b2");
      await new Promise((resolve) => setTimeout(resolve, SHORT_MS + 100));
      next = await two.acquire(leaseName("e1"), LONG_MS);
    });
    await expect(work).rejects.toBeInstanceOf(Interrupted);
    expect(next).toBeDefined();
    expect(await batches()).toEqual(["b1"]);
    await (next as unknown as { release(): Promise<void> }).release();
  });

  test("batches of a sender that is gone are in doubt, those of one that lives are not", async () => {
    await database.change("DELETE FROM email_batches");
    await database.change(
      "INSERT INTO emails VALUES ('e1', 'p1', 'News', 'submitting'), ('e2', 'p2', NULL, 'submitting')",
    );
    await database.change(
      `INSERT INTO email_batches VALUES ('b1', 'e1', 'submitting', '2026-01-01 10:00:01'), ('b2', 'e1', 'submitting', '2026-01-01 10:00:00'),
       ('b3', 'e1', 'submitted', UTC_TIMESTAMP()), ('b4', 'e2', 'submitting', UTC_TIMESTAMP())`,
    );
    await database.change("INSERT INTO email_recipients (batch_id) VALUES ('b1'), ('b1'), ('b2'), ('b3'), ('b4')");
    const lease = (await one.acquire(leaseName("e2"), LONG_MS))!;
    const found = await undecided(database);
    expect(found).toEqual([
      {
        emailId: "e1",
        postId: "p1",
        subject: "News",
        batchIds: ["b1", "b2"],
        recipients: 3,
        since: new Date("2026-01-01T10:00:00Z"),
      },
    ]);
    expect(explain(found[0]!)).toContain("3 recipients of the newsletter e1 (post p1) are in doubt");
    await lease.release();
    expect((await undecided(database)).map(({ emailId }) => emailId)).toEqual(["e1", "e2"]);
  });
});
