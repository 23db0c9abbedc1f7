import { MIN_PART_BYTES } from "../../options/schema.ts";
import { Concern, Defect } from "./finding.ts";
import { isTaken, statusOf } from "../../store/failure.ts";
import type { Step } from "./step.ts";
import type { Trial } from "./trial.ts";

/** The last part may be smaller than all others. */
const LAST_PART_BYTES = 1024;

const UNKNOWN_HEADER = new Set([400, 501]);

const upload: Step = {
  name: "multipart upload",
  operation: "UploadPart",
  shows: "stores a large file in parts (5 MiB and 1 KiB), only when its name is free",
  without: "videos and other large files cannot be uploaded",
  needs: ["put"],
  attempt: async (trial) => {
    const key = trial.key("parts.bin");
    trial.willWrite(key);
    await sendParts(trial, key);
    const size = (await trial.store.head(key))?.ContentLength;
    if (size !== MIN_PART_BYTES + LAST_PART_BYTES) throw new Defect(`The object has ${size ?? 0} bytes.`);
  },
};

const taken: Step = {
  name: "conditional complete",
  operation: "CompleteMultipartUpload",
  shows: "refuses to replace an object by a large file",
  without: "of two videos with one name only the later one might remain",
  needs: ["multipart upload", "conditional put"],
  attempt: async (trial) => {
    try {
      await sendParts(trial, trial.key("parts.bin"), [LAST_PART_BYTES]);
    } catch (error) {
      if (isTaken(error)) return;
      if (!UNKNOWN_HEADER.has(statusOf(error) ?? 0)) throw error;
    }
    const message = "The store refuses to replace by small uploads, but not by large ones.";
    if (trial.options.conditionalWrites === false) throw new Concern(message);
    throw new Defect(message, "Set conditionalWrites to false.");
  },
};

const abort: Step = {
  name: "multipart abort",
  operation: "AbortMultipartUpload",
  shows: "removes the parts of an upload that was given up",
  without: "given up uploads stay, unseen and paid for",
  needs: ["put"],
  attempt: async (trial) => {
    const key = trial.key("aborted.bin");
    const uploadId = await begin(trial, key);
    await trial.store.uploadPart(key, uploadId, 1, Buffer.alloc(LAST_PART_BYTES), deadline(trial));
    await trial.store.abortUpload(key, uploadId);
    trial.ended(uploadId);
  },
};

async function begin(trial: Trial, key: string): Promise<string> {
  const uploadId = await trial.store.createUpload(key, trial.headers);
  trial.began(key, uploadId);
  return uploadId;
}

async function sendParts(trial: Trial, key: string, sizes = [MIN_PART_BYTES, LAST_PART_BYTES]): Promise<void> {
  const uploadId = await begin(trial, key);
  const parts = [];
  for (const [index, size] of sizes.entries()) {
    parts.push(await trial.store.uploadPart(key, uploadId, index + 1, Buffer.alloc(size), deadline(trial)));
  }
  const onlyNew = trial.options.conditionalWrites !== false;
  await trial.store.completeUpload(key, uploadId, parts, onlyNew);
  trial.ended(uploadId);
}

const deadline = (trial: Trial): AbortSignal => AbortSignal.timeout(trial.options.operationTimeoutMs * 2);

/** What Ghost asks for large files. */
export const multipartSteps: readonly Step[] = [upload, taken, abort];
