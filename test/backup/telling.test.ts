import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { ended, Ground } from "./ground.ts";

interface Heard {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

describeWith([docker], "everybody who has to know", () => {
  let ground: Ground;
  let server: Server;
  let heard: Heard[];
  let env: Record<string, string>;
  let textfile: string;

  beforeAll(async () => {
    ground = await Ground.make();
    await ground.database("ghost", "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1), (2)");
    server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      heard.push({ method: request.method ?? "", path: request.url ?? "", body });
      response.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    textfile = `/tmp/${ground.user}.prom`;
    env = ground.env("ghost", {
      BACKUP_WEBHOOK_URL: `${url}/hook-SECRET`,
      BACKUP_PING_URL: `${url}/ping-SECRET`,
      BACKUP_PUSHGATEWAY_URL: `${url}/push`,
      BACKUP_METRICS_TEXTFILE: textfile,
    });
  });

  beforeEach(() => {
    heard = [];
  });

  afterAll(async () => {
    server.closeAllConnections();
    server.close();
  });

  const at = (path: string): Heard[] => heard.filter((one) => one.path === path);

  it("is told of a success", async () => {
    const run = await ground.run(["run"], env);
    ended(run);
    expect(heard[0]?.path).toBe("/ping-SECRET/start");
    expect(at("/ping-SECRET")).toHaveLength(1);
    const told = JSON.parse(at("/hook-SECRET")[0]?.body ?? "") as Record<string, unknown>;
    expect(told).toMatchObject({
      event: "success",
      databases: [{ database: "ghost", tables: 1, rows: 2, exitCode: 0 }],
    });
    expect(told["text"]).toContain("blog/ghost is verified");
    const prefix = Buffer.from("mysql").toString("base64url");
    const [push] = at(`/push/metrics/job/backup/bucket/${ground.bucket.name}/prefix@base64/${prefix}`);
    expect(push?.method).toBe("POST");
    expect(push?.body).toContain('backup_last_run_success{server="blog",database="ghost"} 1');
    expect(await ground.toolbox.shell(`cat ${textfile}`)).toContain("backup_last_success_timestamp_seconds");
    expect(run.stderr + run.stdout).not.toContain("SECRET");
  });

  it("is told of a failure, with the age of the last good backup", async () => {
    const [name = ""] = await ground.backups();
    const stamp = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(name)?.slice(1).map(Number) as [
      number,
      number,
      ...number[],
    ];
    const [year, month, ...rest] = stamp;
    const time = Date.UTC(year, month - 1, ...rest) / 1000;
    ended(await ground.run(["run"], { ...env, MYSQL_DATABASES: "ghost,gone" }), 69);
    expect(at("/ping-SECRET/fail")).toHaveLength(1);
    expect(at("/ping-SECRET")).toHaveLength(0);
    const told = JSON.parse(at("/hook-SECRET")[0]?.body ?? "") as Record<string, unknown>;
    expect(told).toMatchObject({ event: "failure" });
    ended(await ground.run(["run"], { ...env, MYSQL_PASSWORD: "wrong" }), 77);
    await ground.source.query("REVOKE TRIGGER ON ghost.* FROM ?@'%'", [ground.user]);
    ended(await ground.run(["run"], env), 77);
    const text = await ground.toolbox.shell(`cat ${textfile}`);
    expect(text).toContain('backup_last_run_success{server="blog",database="ghost"} 0');
    const [, last] = /backup_last_success_timestamp_seconds\{server="blog",database="ghost"\} (\d+)/.exec(text) ?? [];
    expect(Number(last)).toBeGreaterThanOrEqual(time);
    await ground.allow("ghost");
  });

  it("who cannot be told costs no backup", async () => {
    const deaf = {
      ...env,
      BACKUP_WEBHOOK_URL: "http://127.0.0.1:9/x-SECRET",
      BACKUP_METRICS_TEXTFILE: "/proc/no/where.prom",
    };
    const run = await ground.run(["run"], deaf);
    ended(run);
    expect(run.stderr).toContain("the webhook was not told");
    expect(run.stderr).toContain("the metrics were not written");
    expect(run.stderr).not.toContain("SECRET");
  });
});
