import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { S3Client } from "@aws-sdk/client-s3";
import { makeCertificate } from "../integration/replicas/cluster/certificate.ts";
import { freePort } from "../integration/replicas/cluster/free-port.ts";
import type { StoreAccess } from "../integration/bucket-view.ts";
import { docker, type Need } from "../needs.ts";

/** @see https://pypi.org/project/ministack/ */
const PACKAGE = "ministack==1.5.33";

const CACHE = join(import.meta.dirname, "../../node_modules/.cache");
const FOLDER = join(CACHE, PACKAGE.replace("==", "-"));
const PYTHON = join(FOLDER, "bin/python");

/** Written when the installation is whole. */
const DONE = join(FOLDER, "installed");

/** What Glacier takes hours for. The emulator has two seconds, which is less than a program takes to look. */
const THAW_SECONDS = 10;

const READY_MS = 60_000;

/** The emulator's own server would listen on port 443 as well, and look for containers to remove. */
const SERVER = `
import sys
import ministack.services.s3 as s3
s3._RESTORE_DELAY_SECONDS = ${THAW_SECONDS}
from hypercorn.__main__ import main
sys.exit(main(sys.argv[1:]))`;

/** Installs the emulator once, in a folder of its own. */
function installed(): boolean {
  if (existsSync(DONE)) return true;
  const quiet = { stdio: "ignore", timeout: 240_000 } as const;
  const steps = [
    ["python3", "-m", "venv", FOLDER],
    [PYTHON, "-m", "pip", "install", "--quiet", PACKAGE],
    ["touch", DONE],
  ] as const;
  return steps.every(([command, ...argv]) => spawnSync(command, argv, quiet).status === 0);
}

/** Of use together with Docker only: not installed where there is none. */
export const ministack: Need = { name: `${PACKAGE}, python3 or pip`, met: docker.met && installed() };

type AwsCredentials = Pick<StoreAccess, "accessKeyId" | "secretAccessKey"> & { readonly sessionToken?: string };

/** An emulator of AWS that knows storage classes, lifecycles and policies, which MinIO does not. */
export interface Aws extends StoreAccess {
  /** The same store without TLS. */
  readonly plain: StoreAccess;
  /** File with the certificate that its endpoint shows. */
  readonly certificate: string;
  readonly client: S3Client;
  clientOf(credentials: AwsCredentials): S3Client;
  stop(): Promise<void>;
}

export async function startAws(): Promise<Aws> {
  const [port, plainPort] = [await freePort(), await freePort()];
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, "aws-"));
  // the program that trusts the certificate in it is another user's
  await chmod(folder, 0o755);
  const { key, cert } = makeCertificate("localhost");
  const [certificate, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await writeFile(certificate, cert);
  await writeFile(keyFile, key);
  const binds = ["--bind", `127.0.0.1:${port}`, "--insecure-bind", `127.0.0.1:${plainPort}`];
  const tls = ["--certfile", certificate, "--keyfile", keyFile];
  // policies are kept, not only stored; its data are in memory
  const env = {
    PATH: process.env["PATH"],
    AUTH: "true",
    SERVICES: "s3,sts,iam",
    TMPDIR: folder,
    DOCKER_HOST: "unix:///none",
    LOG_LEVEL: "ERROR",
  };
  // in one process: workers of its own would outlive it
  const argv = ["-c", SERVER, "--workers", "0", "--log-level", "error", ...binds, ...tls, "ministack.app:app"];
  const server = spawn(PYTHON, argv, { env, stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(server, "exit");
  const access = { region: "us-east-1", accessKeyId: "test", secretAccessKey: "test" };
  const plain = { ...access, endpoint: `http://localhost:${plainPort}` };
  await answers(plain.endpoint, () => server.exitCode !== null);
  const endpoint = `https://localhost:${port}`;
  const requestHandler = { httpsAgent: new Agent({ ca: cert }) };
  const clientOf = (credentials: AwsCredentials): S3Client =>
    new S3Client({ region: access.region, endpoint, credentials, forcePathStyle: true, requestHandler });
  const client = clientOf(access);
  return {
    ...access,
    endpoint,
    plain,
    certificate,
    client,
    clientOf,
    async stop() {
      client.destroy();
      server.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string, ended: () => boolean): Promise<void> {
  for (const deadline = Date.now() + READY_MS; ; await sleep(100)) {
    if (ended()) throw new Error("The emulator of AWS ended.");
    try {
      await fetch(`${url}/_ministack/health`);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
