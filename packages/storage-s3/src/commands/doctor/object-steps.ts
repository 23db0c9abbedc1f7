import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { isTaken, statusOf } from "../../store/failure.ts";
import { Concern, Defect } from "./finding.ts";
import type { Step } from "./step.ts";
import type { Trial } from "./trial.ts";

const CONTENT = "Written by storage-s3 doctor; may be deleted.\n";
const FIRST = 2;
const LAST = 7;

/** What a store answers that does not know conditional writes. */
const UNKNOWN_HEADER = new Set([400, 501]);
const FORBIDDEN = 403;

const objectKey = (trial: Trial): string => trial.key("object.txt");

const put: Step = {
  name: "put",
  operation: "PutObject",
  shows: "stores an object with the headers, tags and encryption that are configured",
  without: "no upload works",
  needs: [],
  attempt: async (trial) => {
    const key = objectKey(trial);
    trial.willWrite(key);
    try {
      await trial.store.put(key, Buffer.from(CONTENT), trial.headers, false);
    } catch (error) {
      if (wasRefused(error)) trial.deleted(key);
      throw error;
    }
  },
};

const head: Step = {
  name: "head",
  operation: "HeadObject",
  shows: "sees that an object exists",
  without: "Ghost cannot tell whether an image or one of its sizes exists",
  needs: ["put"],
  attempt: async (trial) => {
    const found = await trial.store.head(objectKey(trial));
    if (!found) throw new Defect("The object that was just stored is not there.");
    if (found.ContentLength !== CONTENT.length)
      throw new Defect(`It has ${found.ContentLength} bytes, not ${CONTENT.length}.`);
    if (found.CacheControl !== trial.headers.CacheControl) {
      throw new Concern(
        `Cache-Control was stored as "${found.CacheControl ?? ""}": browsers and the CDN will ask too often.`,
      );
    }
  },
};

const get: Step = {
  name: "get",
  operation: "GetObject",
  shows: "reads an object",
  without: "Ghost cannot make image sizes and cannot answer old local URLs",
  needs: ["put"],
  attempt: async (trial) => {
    const found = await textOf(await trial.store.get(objectKey(trial)));
    if (found !== CONTENT) throw new Defect("What was read is not what was stored.");
  },
};

const range: Step = {
  name: "range get",
  operation: "GetObject",
  shows: "reads a part of an object",
  without: "Safari plays no video that Ghost serves itself",
  needs: ["put"],
  attempt: async (trial) => {
    const answer = await trial.store.get(objectKey(trial), { range: `bytes=${FIRST}-${LAST}` });
    const found = await textOf(answer);
    if (found !== CONTENT.slice(FIRST, LAST + 1)) throw new Concern(`${found?.length ?? 0} bytes came for 6.`);
  },
};

const conditionalPut: Step = {
  name: "conditional put",
  operation: "PutObject",
  shows: "refuses to replace an object (If-None-Match: *)",
  without: "every name gets a random suffix, so that no upload replaces another",
  needs: ["put"],
  attempt: async (trial) => {
    try {
      await trial.store.put(objectKey(trial), Buffer.from(CONTENT), trial.headers, true);
    } catch (error) {
      if (isTaken(error)) return;
      if (!UNKNOWN_HEADER.has(statusOf(error) ?? 0)) throw error;
    }
    if (trial.options.conditionalWrites === true) {
      throw new Defect(
        "The store does not refuse it: of two uploads with one name only the later one would remain.",
        'Set conditionalWrites to "probe" or false.',
      );
    }
    throw new Concern("The store does not know conditional writes.");
  },
};

const headMissing: Step = {
  name: "head of a missing key",
  operation: "ListObjectsV2",
  shows: "is told that an object does not exist (404)",
  without: "uploads and missing images end in errors: nobody can tell a missing file from a refused one",
  needs: [],
  attempt: async (trial) => {
    try {
      if (await trial.store.head(trial.key("missing.txt"))) throw new Defect("The store says that it exists.");
    } catch (error) {
      if (statusOf(error) !== FORBIDDEN) throw error;
      throw new Defect(
        "The store answered 403 instead of 404.",
        "It answers 404 to those only who may list the bucket.",
      );
    }
  },
};

const list: Step = {
  name: "list",
  operation: "ListObjectsV2",
  shows: "lists names",
  without: "equal names get random suffixes instead of numbers; `migrate` and `gc` cannot work",
  needs: [],
  attempt: async (trial) => {
    await trial.store.listPage(`${trial.folder}/`);
  },
};

const remove: Step = {
  name: "delete",
  operation: "DeleteObject",
  shows: "deletes an object",
  without: "a video's thumbnail cannot be replaced, a failed import leaves its files behind",
  needs: ["put"],
  attempt: async (trial) => {
    await trial.store.delete(objectKey(trial));
    trial.deleted(objectKey(trial));
  },
};

/** Whether it is certain that nothing was written: the store said no, or was never reached. */
function wasRefused(error: unknown): boolean {
  const status = statusOf(error);
  const { name, code } = error as NodeJS.ErrnoException;
  return status ? status < 500 : name === "CredentialsProviderError" || code === "ECONNREFUSED" || code === "ENOTFOUND";
}

async function textOf(answer: GetObjectCommandOutput | undefined): Promise<string | undefined> {
  return answer?.Body?.transformToString();
}

/** What Ghost asks for single objects, in an order in which each step finds what it needs. */
export const objectSteps: readonly Step[] = [put, head, get, range, conditionalPut, headMissing, list];

/** Comes last: the others need the object. */
export const lastSteps: readonly Step[] = [remove];
