import { expect } from "vitest";
import type { Cluster } from "./cluster/cluster.ts";
import type { Row } from "./cluster/mysql.ts";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";

/** A sender is missed after 10 s, and looked for each 5 s; then all batches are still to be sent. */
const SENT_MS = 60_000;

/** How far a newsletter has come. */
export interface Progress {
  /** Of the e-mail: pending, submitting, submitted or failed. */
  status: string;
  /** Batches that exist. */
  made: number;
  pending: number;
  submitting: number;
  submitted: number;
}

/** Publishes a post and sends it to all members; answers with the id of the e-mail. */
export async function sendLetter(cluster: Cluster, title: string, through?: number): Promise<string> {
  const api = await cluster.api(through);
  const post = await api.sendOut(await api.draft(title));
  const [email] = await cluster.database.query("SELECT id FROM emails WHERE post_id = ?", [post.id]);
  return email?.id;
}

export async function progressOf({ database }: Cluster, emailId: string): Promise<Progress> {
  const [email] = await database.query("SELECT status FROM emails WHERE id = ?", [emailId]);
  const rows = await database.query(
    "SELECT status, COUNT(*) AS count FROM email_batches WHERE email_id = ? GROUP BY status",
    [emailId],
  );
  const count = (status: string) => Number(rows.find((row) => row.status === status)?.count ?? 0);
  return {
    status: email?.status,
    made: rows.reduce((sum, row) => sum + Number(row.count), 0),
    pending: count("pending"),
    submitting: count("submitting"),
    submitted: count("submitted"),
  };
}

/** Until the newsletter has come so far. */
export async function reached(
  cluster: Cluster,
  emailId: string,
  holds: (progress: Progress) => boolean,
  withinMs = SENT_MS,
): Promise<void> {
  let progress: Progress | undefined;
  const look = async () => holds((progress = await progressOf(cluster, emailId)));
  await eventually("the newsletter has come so far", look, withinMs).catch((error: unknown) => {
    throw new Error(`${String(error)} It is at ${JSON.stringify(progress)}.`);
  });
}

export function isSubmitted({ status }: Progress): boolean {
  return status === "submitted";
}

/** The replica that works on a newsletter, as soon as there is one; all that run must answer. */
export function senderOf(cluster: Cluster): Promise<Replica> {
  const look = async () => {
    const candidates = running(cluster);
    const sends = await Promise.all(candidates.map(isSending));
    return candidates.find((_, index) => sends[index]);
  };
  return eventually("a replica sends", look, SENT_MS);
}

export function running(cluster: Cluster): Replica[] {
  return cluster.replicas.filter((replica) => replica.running);
}

/**
 * Everybody got the newsletter once, and Ghost knows it.
 * @param inDoubt addresses whose sender was killed in the middle of it: they may not have got it
 */
export async function expectEachOnce(
  cluster: Cluster,
  emailId: string,
  addresses: readonly string[],
  inDoubt: ReadonlySet<string> = new Set(),
): Promise<void> {
  const counts = cluster.sinks.mailgun.counts(emailId);
  expect([...counts.values()].filter((count) => count !== 1)).toEqual([]);
  const missed = addresses.filter((address) => !counts.has(address) && !inDoubt.has(address));
  expect({ missed, strangers: counts.size - addresses.filter((address) => counts.has(address)).length }).toEqual({
    missed: [],
    strangers: 0,
  });
  const recipients = await recipientsOf(cluster, emailId);
  expect(recipients.map(({ address }) => address).toSorted()).toEqual(addresses.toSorted());
  expect(new Set(recipients.map(({ status }) => status))).toEqual(new Set(["submitted"]));
}

/** Addresses that Ghost has put into batches, with the state of each one's batch. */
export function recipientsOf({ database }: Cluster, emailId: string): Promise<Row[]> {
  return database.query(
    `SELECT r.member_email AS address, b.status FROM email_recipients r JOIN email_batches b ON b.id = r.batch_id
     WHERE r.email_id = ?`,
    [emailId],
  );
}

async function isSending({ healthUrl }: Replica): Promise<boolean> {
  const text = await fetch(`${healthUrl}/metrics`).then((answer) => answer.text());
  return /^ghost_replica_leases_held\{kind="email"\} 1$/m.test(text);
}
