import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { run } from "../src/command.ts";
import { explain } from "../src/failure.ts";
import { requireFreePort } from "../src/ports.ts";

async function command(...argv: string[]) {
  let text = "";
  const stream = () =>
    new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk);
        done();
      },
    });
  const io = { stdout: stream(), stderr: stream(), signal: AbortSignal.abort() };
  return { code: await run(argv, io), text };
}

it("shows its options with examples", async () => {
  const { code, text } = await command("--help");
  expect(code).toBe(0);
  expect(text).toContain("npm start -- --check");
});

it.each([
  [["--port", "70000"], "It must be a number from 0 to 65535"],
  [["--prot", "1"], "--port"],
  [["extra"], "too many arguments"],
])("says what is wrong with %j", async (argv, message) => {
  const { code, text } = await command(...argv);
  expect(code).toBe(1);
  expect(text).toContain(message);
});

it("names a port that is taken, what was to answer there, and the way out", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const error = await requireFreePort({ port, purpose: "CDN edge", option: "--cdn-port" }).catch(
    (caught: unknown) => caught,
  );
  server.close();
  const lines = explain(error).join("\n");
  expect(lines).toContain(`Port ${port} is in use by another program; the CDN edge`);
  expect(lines).toContain("nothing was changed");
  expect(lines).toContain("npm start -- --cdn-port");
});
