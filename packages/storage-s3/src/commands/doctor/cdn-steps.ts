import { Concern, Defect } from "./finding.ts";
import type { Step } from "./step.ts";
import type { Trial } from "./trial.ts";

const DEADLINE_MS = 20_000;
const CONTENT = "Written by storage-s3 doctor to be read through the CDN; may be deleted.\n";

const reads: Step = {
  name: "read through the CDN",
  operation: "GetObject",
  shows: "readers get an upload from the CDN",
  without: "readers see no picture and no video",
  needs: ["put"],
  attempt: async (trial) => {
    const path = `${trial.name}.txt`;
    await write(trial, trial.keys.key(path));
    const url = trial.keys.url(path);
    const { status, body } = await fetchText(url);
    if (body === CONTENT) return `${url} answered ${status}`;
    throw new Defect(
      `${url} answered ${status}${status === 200 ? " with something else" : ""}.`,
      "The CDN needs the bucket as its origin, with the right to read content/ (CloudFront: origin access control and the bucket's policy), and must pass the path on as it is.",
    );
  },
};

const keepsPrivate: Step = {
  name: "private/ through the CDN",
  operation: "GetObject",
  shows: "readers do not get untouched originals",
  without: "anybody who guesses a name reads the position at which a picture was taken",
  needs: ["put"],
  attempt: async (trial) => {
    const { cdnUrl, originals } = trial.options;
    const key = trial.keys.key(`${trial.name}_o.txt`);
    await write(trial, key);
    const { status, body } = await fetchText(`${cdnUrl}/${key}`);
    if (body !== CONTENT) return `it answered ${status}`;
    const message = `${cdnUrl}/${key} can be read.`;
    const help = "Restrict the CDN's right to read to content/ in the bucket's policy.";
    if (originals === "private") throw new Defect(message, help);
    throw new Concern(`${message} Nothing is stored there as long as originals is "public". ${help}`);
  },
};

async function write(trial: Trial, key: string): Promise<void> {
  trial.willWrite(key);
  await trial.store.put(key, Buffer.from(CONTENT), { ...trial.headers, CacheControl: "no-store" }, false);
}

async function fetchText(url: string): Promise<{ status: number; body: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS), headers: { accept: "*/*" } });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    throw new Defect(
      `${url} cannot be reached from here (${cause?.code ?? cause?.message ?? message}).`,
      "Check cdnUrl, its DNS name and its certificate.",
    );
  }
}

/** What readers need of the CDN. */
export const cdnSteps: readonly Step[] = [reads, keepsPrivate];
