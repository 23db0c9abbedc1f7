import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { startProxy } from "../network/proxy.ts";
import { fill } from "./filler.ts";
import { ended, Ground, MEMORY_MIB } from "./ground.ts";

const ACCOUNTS = 50;

const SCHEMA = `
  CREATE TABLE a_accounts (id INT PRIMARY KEY, balance BIGINT NOT NULL);
  CREATE TABLE z_ledger (id INT PRIMARY KEY, payer INT NOT NULL, payee INT NOT NULL, amount INT NOT NULL);
  CREATE TABLE m_counter (only INT PRIMARY KEY, transfers INT NOT NULL);
  INSERT INTO m_counter VALUES (1, 0);
  INSERT INTO a_accounts WITH RECURSIVE n AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM n WHERE id < ${ACCOUNTS}) SELECT id, 0 FROM n;`;

describeWith([docker], "a backup under writes", () => {
  let ground: Ground;

  beforeAll(async () => {
    ground = await Ground.make();
    await ground.database("bank", SCHEMA);
    await fill(ground.source, "bank", 24);
  });

  it("is of one moment: every transfer is in it whole or not at all", async () => {
    // a slow way to the bucket makes the dump last for seconds
    const proxy = await startProxy({ target: ground.store.endpoint, rtt: 40, windowBytes: 256 * 1024 });
    const stop = new AbortController();
    const writing = transfers(ground, stop.signal);
    try {
      const run = await ground.run(["run"], ground.env("bank", { AWS_ENDPOINT_URL_S3: proxy.url }));
      ended(run);
      // more waits for the bucket than the program may keep in memory
      expect(run.peakMiB).toBeLessThanOrEqual(MEMORY_MIB);
    } finally {
      stop.abort();
      await proxy.close();
    }
    const { made, seconds } = await writing;
    const [name = ""] = await ground.backups();
    const { timings } = await ground.manifest(name);
    expect(timings.dump).toBeGreaterThan(2);
    expect(made / seconds).toBeGreaterThan(100);
    ended(await ground.run(["restore", "latest", "--into", "bank_copy"], ground.env("bank", ground.admin)));
    const [counts] = await ground.source.query(
      `SELECT (SELECT transfers FROM m_counter) AS counter, (SELECT COUNT(*) FROM z_ledger) AS ledger,
        (SELECT MAX(id) FROM z_ledger) AS last, (SELECT SUM(balance) FROM a_accounts) AS total,
        (SELECT COUNT(*) FROM a_accounts a WHERE balance <>
          (SELECT COALESCE(SUM(IF(payee = a.id, amount, 0) - IF(payer = a.id, amount, 0)), 0) FROM z_ledger)) AS wrong`,
      [],
      "bank_copy",
    );
    expect(counts).toMatchObject({ total: "0", wrong: 0 });
    expect(counts?.["ledger"]).toBe(counts?.["counter"]);
    expect(counts?.["last"]).toBe(counts?.["counter"]);
    // it was taken while transfers were made, not before and not after
    expect(counts?.["counter"]).toBeLessThan(made);
    await ground.source.drop("bank_copy");
  });
});

/** About two hundred transfers a second until the signal. */
async function transfers(ground: Ground, signal: AbortSignal): Promise<{ made: number; seconds: number }> {
  const connection = await ground.source.connect("bank");
  const begun = performance.now();
  let made = 0;
  try {
    while (!signal.aborted) {
      const [payer, payee, amount] = [1 + (made % ACCOUNTS), 1 + ((made * 7 + 3) % ACCOUNTS), 1 + (made % 90)];
      made += 1;
      await connection.query(
        `START TRANSACTION;
         UPDATE a_accounts SET balance = balance - ${amount} WHERE id = ${payer};
         UPDATE a_accounts SET balance = balance + ${amount} WHERE id = ${payee};
         INSERT INTO z_ledger VALUES (${made}, ${payer}, ${payee}, ${amount});
         UPDATE m_counter SET transfers = transfers + 1;
         COMMIT`,
      );
      await sleep(2);
    }
  } finally {
    connection.destroy();
  }
  return { made, seconds: (performance.now() - begun) / 1000 };
}
