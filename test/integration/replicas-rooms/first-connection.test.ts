import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { firstConnection } from "../../../packages/replicas/src/boot/first-connection.ts";
import { Database } from "../../../packages/replicas/src/database/database.ts";
import { EXIT } from "../../../packages/replicas/src/failure.ts";
import { describeWith, docker } from "../../needs.ts";
import { freePort } from "../replicas/cluster/free-port.ts";
import { startServer, type TestServer } from "./server.ts";

describeWith([docker], "a replica that starts", () => {
  let server: TestServer;
  const told: string[] = [];
  const log = { info: (message: string) => told.push(message), warn: () => {}, error: () => {} };

  beforeAll(async () => {
    server = await startServer();
  });

  afterAll(() => server?.stop());

  const at = (port: number, password = server.connection.password) =>
    new Database(server.ghost, { ...server.connection, port, password, database: "none" });

  test("waits for a MySQL that starts with it, and says so", async () => {
    const port = await freePort();
    const connecting = firstConnection(at(port), log, 20_000);
    await sleep(1500);
    const door = createServer((client) => void client.pipe(connect(server.connection)).pipe(client)).listen(port);
    const connection = await connecting;
    expect(await connection.rows("SELECT @@wait_timeout AS seconds")).toEqual([{ seconds: 28_800 }]);
    expect(told).toEqual([expect.stringMatching(/cannot be reached yet .*ECONNREFUSED/)]);
    connection.close();
    door.close();
  });

  test("gives up when the time is over", async () => {
    const began = Date.now();
    await expect(firstConnection(at(await freePort()), log, 2000)).rejects.toMatchObject({
      exitCode: EXIT.unavailable,
    });
    expect(Date.now() - began).toBeLessThan(4000);
  });

  test("waits for none that refuses it", async () => {
    const began = Date.now();
    const refused = firstConnection(at(server.connection.port, "wrong"), log, 20_000);
    await expect(refused).rejects.toThrow("Access denied");
    expect(Date.now() - began).toBeLessThan(1000);
  });
});
