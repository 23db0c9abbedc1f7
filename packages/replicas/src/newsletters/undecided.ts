import type { Session } from "../database/database.ts";
import { LEASE_PREFIX } from "./sender.ts";

/**
 * A newsletter with batches of which nobody knows whether the provider accepted them: their sender was lost between
 * asking the provider and noting its answer. Ghost never sends such a batch again, so that nobody gets it twice.
 */
export interface Undecided {
  readonly emailId: string;
  readonly postId: string;
  readonly subject: string;
  readonly batchIds: readonly string[];
  readonly recipients: number;
  /** When the first of the batches was claimed. */
  readonly since: Date;
}

interface Row {
  readonly email: string;
  readonly post: string;
  readonly subject: string | null;
  readonly batch: string;
  readonly since: Date;
  readonly recipients: number;
}

// Compared as bytes: Ghost's tables and this package's may have different collations.
const SQL = `
  SELECT e.id AS email, e.post_id AS post, e.subject, b.id AS batch, b.updated_at AS since,
    (SELECT COUNT(*) FROM email_recipients r WHERE r.batch_id = b.id) AS recipients
  FROM email_batches b JOIN emails e ON e.id = b.email_id
  WHERE b.status = 'submitting' AND NOT EXISTS (
    SELECT 1 FROM replicas_leases l WHERE l.expires_at > UTC_TIMESTAMP(3)
      AND CAST(l.name AS BINARY) = CAST(CONCAT('${LEASE_PREFIX}', b.email_id) AS BINARY))
  ORDER BY e.id, b.id`;

/** Newsletters with batches in doubt. One whose sender lives is none. */
export async function undecided(session: Session): Promise<Undecided[]> {
  const byEmail = Map.groupBy(await session.rows<Row>(SQL), ({ email }) => email);
  return [...byEmail].map(([emailId, rows]) => ({
    emailId,
    postId: rows[0]!.post,
    subject: rows[0]!.subject ?? "",
    batchIds: rows.map(({ batch }) => batch),
    recipients: rows.reduce((sum, { recipients }) => sum + Number(recipients), 0),
    since: new Date(Math.min(...rows.map(({ since }) => since.getTime()))),
  }));
}

/** What is known and what to do, in one line. */
export function explain({ emailId, postId, batchIds, recipients }: Undecided): string {
  const batches = batchIds.join(", ");
  return (
    `${recipients} recipients of the newsletter ${emailId} (post ${postId}) are in doubt: the sender of its batches ` +
    `${batches} was lost before it noted whether Mailgun had accepted them. They are not sent again by themselves, nor ` +
    `by Retry. Look in Mailgun's log for messages with the variable email-id ${emailId} to the addresses of each batch ` +
    `(SELECT member_email FROM email_recipients WHERE batch_id = '…'). If it is there: UPDATE email_batches SET ` +
    `status = 'submitted' WHERE id = '…'. If not: the same with 'failed', then press Retry at the post`
  );
}
