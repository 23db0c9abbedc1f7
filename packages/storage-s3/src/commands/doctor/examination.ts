import { PERMISSIONS, statusOf } from "../../store/failure.ts";
import { cdnSteps } from "./cdn-steps.ts";
import { clockStep } from "./clock-step.ts";
import { Concern, Defect, type Finding } from "./finding.ts";
import { multipartSteps } from "./multipart-steps.ts";
import { lastSteps, objectSteps } from "./object-steps.ts";
import type { Step } from "./step.ts";
import type { Trial } from "./trial.ts";

/** Refusals that no permission can mend, with what does. */
const CREDENTIAL_ERRORS: Readonly<Record<string, string>> = {
  InvalidAccessKeyId:
    "The store does not know this access key: correct accessKeyId, or the credentials of the environment.",
  SignatureDoesNotMatch: "The secret does not belong to the access key: correct secretAccessKey.",
  InvalidToken: "The session token is wrong: renew the temporary credentials.",
  ExpiredToken: "The temporary credentials have expired: renew them.",
  RequestTimeTooSkewed: "Set this machine's clock, and keep it by NTP.",
  AuthorizationHeaderMalformed: "The region is another one: correct region.",
};

/** Tries one thing after the other. What it leaves in the bucket is for {@link cleanUp}. */
export async function* examine(trial: Trial): AsyncGenerator<Finding> {
  const steps = [...objectSteps, ...multipartSteps, ...(trial.options.cdnUrl ? cdnSteps : []), clockStep, ...lastSteps];
  const done = new Set<string>();
  let hopeless: string | undefined;
  for (const step of steps) {
    const missing = hopeless ?? step.needs.find((name) => !done.has(name));
    const finding = missing && step !== clockStep ? skipped(step, missing) : await attempt(step, trial);
    if (finding.status === "ok") done.add(step.name);
    // Wrong credentials or no connection: every other step would only repeat it.
    if (step.name === "put" && finding.status === "failed" && !finding.permission) hopeless = "put";
    yield finding;
  }
}

/** Removes what the steps have left. @returns a finding when that did not work */
export async function cleanUp(trial: Trial): Promise<Finding | undefined> {
  const left = await trial.cleanUp();
  return left.length > 0 ? remains(left) : undefined;
}

async function attempt(step: Step, trial: Trial): Promise<Finding> {
  const start = performance.now();
  const finding = (rest: Pick<Finding, "status" | "note" | "permission" | "help">): Finding => ({
    step: step.name,
    shows: step.shows,
    without: step.without,
    ms: Math.round(performance.now() - start),
    ...rest,
  });
  try {
    return finding({ status: "ok", note: (await step.attempt(trial)) ?? undefined });
  } catch (error) {
    if (error instanceof Concern) return finding({ status: "warn", note: error.message });
    if (error instanceof Defect) {
      const permission = step.operation === "ListObjectsV2" ? permissionFor(step, trial) : undefined;
      return finding({ status: "failed", note: error.message, help: error.help, permission });
    }
    return finding({ status: "failed", ...diagnose(error as Error, step, trial) });
  }
}

function diagnose(error: Error, step: Step, trial: Trial): Pick<Finding, "note" | "permission" | "help"> {
  const known = CREDENTIAL_ERRORS[error.name];
  if (known) return { note: `${error.name}: ${error.message}`, help: known };
  const attempted = { operation: step.operation, key: trial.folder, effect: "" };
  const { message, context, help } = trial.store.failed(error, attempted) as Error & {
    context?: string;
    help?: string;
  };
  const note = [message.trim(), context].filter(Boolean).join(" ");
  if (statusOf(error) !== 403) return { note, help };
  return { note, permission: permissionFor(step, trial) };
}

function permissionFor({ operation, name }: Step, { store, folder }: Trial): string {
  const permission = name === "head" ? "s3:GetObject" : (PERMISSIONS[operation] ?? operation);
  return operation === "ListObjectsV2"
    ? `${permission} on bucket "${store.bucket}"`
    : `${permission} on "${store.bucket}/${folder.slice(0, folder.lastIndexOf("/"))}/*"`;
}

const skipped = ({ name, shows, without }: Step, missing: string): Finding => ({
  step: name,
  shows,
  without,
  ms: 0,
  status: "skipped",
  note: `needs "${missing}"`,
});

const remains = (left: readonly string[]): Finding => ({
  step: "clean-up",
  shows: "removes what the doctor wrote",
  without: "the doctor's objects stay in the bucket",
  ms: 0,
  status: "failed",
  note: `Not removed: ${left.join(", ")}.`,
  help: "Delete them by hand; the credentials may lack s3:DeleteObject.",
});
