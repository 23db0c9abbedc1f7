import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";

const PROGRAM =
  'const s=require("node:net").createServer().listen({port:0,host:"127.0.0.1",backlog:1},()=>console.log(s.address().port))';

/** Connections that the kernel opens for a program that never takes them; the next is not even refused. */
const BACKLOG = 3;

/** A host whose packets are lost: a connection to it neither opens nor fails. */
export async function startUnanswering(): Promise<{ url: string; close(): Promise<void> }> {
  const child = spawn(process.execPath, ["-e", PROGRAM], { stdio: ["ignore", "pipe", "ignore"] });
  const [output] = await once(child.stdout, "data");
  const port = Number(output);
  child.kill("SIGSTOP");
  const sockets = Array.from({ length: BACKLOG }, () => connect(port, "127.0.0.1").on("error", () => undefined));
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}
