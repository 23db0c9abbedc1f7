import { setTimeout as sleep } from "node:timers/promises";
import { getContainerRuntimeClient } from "testcontainers";

type Engine = ReturnType<Awaited<ReturnType<typeof getContainerRuntimeClient>>["container"]["getById"]>;

export interface ContainerOptions {
  image: string;
  env: Record<string, string>;
  /** A root file system that nobody can write, with these folders in memory. */
  writable?: readonly string[];
  /** A named volume on a folder. */
  volume?: { name: string; folder: string };
}

/** How often the site is asked while it starts. */
const LOOK_MS = 10;

const START_MS = 180_000;

/** A container on the network of this machine, as a pod has an address of its own. */
export class Container {
  readonly #engine: Engine;

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Made, and not started: what Docker needs for that is no part of a start. */
  static async create({ image, env, writable, volume }: ContainerOptions): Promise<Container> {
    const { container } = await getContainerRuntimeClient();
    const engine = await container.create({
      Image: image,
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      HostConfig: {
        NetworkMode: "host",
        CapDrop: writable ? ["ALL"] : [],
        SecurityOpt: ["no-new-privileges"],
        ReadonlyRootfs: writable !== undefined,
        Tmpfs: Object.fromEntries((writable ?? []).map((folder) => [folder, ""])),
        Binds: volume ? [`${volume.name}:${volume.folder}`] : [],
      },
    });
    return new Container(engine);
  }

  async start(): Promise<void> {
    await this.#engine.start();
  }

  /** Until the path is answered with 200, asked as a proxy in front of it does. */
  async answers(address: string, path: string, site: string): Promise<void> {
    const { host, protocol } = new URL(site);
    const headers = { host, "x-forwarded-proto": protocol.slice(0, -1) };
    for (const deadline = Date.now() + START_MS; ; await sleep(LOOK_MS)) {
      const answer = await fetch(address + path, { headers, redirect: "manual" }).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.status === 200) return;
      if (Date.now() < deadline && (await this.running())) continue;
      throw new Error(`${address}${path} was not answered with 200. The container said:\n${await this.log()}`);
    }
  }

  async running(): Promise<boolean> {
    return (await this.#engine.inspect()).State.Running;
  }

  /** The exit code that the first process ends with after a signal. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number> {
    await this.#engine.kill({ signal });
    return (await this.#engine.wait()).StatusCode;
  }

  async log(): Promise<string> {
    return String(await this.#engine.logs({ stdout: true, stderr: true, tail: 40 }));
  }

  async remove(): Promise<void> {
    await this.#engine.remove({ force: true, v: true });
  }
}
