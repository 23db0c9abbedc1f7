import { startCluster, type Cluster } from "../../integration/replicas/cluster/cluster.ts";
import type { Mode } from "../../integration/replicas/cluster/config.ts";
import type { Replica } from "../../integration/replicas/cluster/replica.ts";
import { REPLICA, STOCK, type Bench } from "./bench.ts";

/** A blog of its own, with the content of a new one, run by one program or the other. */
export interface Subject {
  readonly name: string;
  readonly cluster: Cluster;
}

export interface SubjectOptions {
  replicas: number;
  env?: () => Record<string, string>;
  /** The block `replicas`, over what is usual here. */
  replicaConfig?: object;
}

export function startSubject({ mysql, minio }: Bench, mode: Mode, options: SubjectOptions): Promise<Cluster> {
  // what is stopped between two runs has nobody to wait for
  const replicas = { minio, replicaConfig: { drainDelay: 0, ...options.replicaConfig } };
  return startCluster({ mysql, mode, ...options, ...(mode === "replicas" && replicas) });
}

/** Both of them, for as long as the work takes. */
export async function* withSubjects<T>(
  bench: Bench,
  options: SubjectOptions,
  work: (subjects: readonly Subject[]) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const subjects: Subject[] = [];
  try {
    subjects.push({ name: STOCK, cluster: await startSubject(bench, "stock", options) });
    subjects.push({ name: REPLICA, cluster: await startSubject(bench, "replicas", options) });
    yield* work(subjects);
  } finally {
    for (const { cluster } of subjects) await cluster.stop();
  }
}

/** In turn the one or the other first, so that neither always follows the other. */
export function inTurn<T>(run: number, subjects: readonly T[]): readonly T[] {
  return run % 2 === 0 ? subjects : subjects.toReversed();
}

/** What a process sends its visitors' requests to. */
export function hostOf({ cluster }: Subject): string {
  return new URL(cluster.url).host;
}

export async function servesHome(replica: Replica): Promise<boolean> {
  const answer = await replica.get("/").catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
}
