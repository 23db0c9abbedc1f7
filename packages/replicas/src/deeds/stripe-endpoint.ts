import { createHash } from "node:crypto";
import type { Session } from "../database/database.ts";
import type { StripeEndpoint, StripeWebhookManager } from "../ghost/modules.ts";

const KEYS = { webhook_id: "members_stripe_webhook_id", secret: "members_stripe_webhook_secret" } as const;

/** A condition on rows of `settings`, for those that hold the endpoint. */
export const ENDPOINT_ROWS = `\`key\` IN ('${Object.values(KEYS).join("', '")}')`;

/** The endpoint as it stands in the database now; Ghost's own copy in memory may be older. */
export async function storedEndpoint(session: Session): Promise<StripeEndpoint> {
  const rows = await session.rows<{ key: string; value: string | null }>(
    `SELECT \`key\`, value FROM settings WHERE ${ENDPOINT_ROWS}`,
  );
  const valueOf = (key: string) => rows.find((row) => row.key === key)?.value || null;
  return { webhook_id: valueOf(KEYS.webhook_id), secret: valueOf(KEYS.secret) };
}

/** One text for one endpoint of one account as this process would set it up; nothing can be read from it. */
export function fingerprint(
  { webhook_id, secret }: StripeEndpoint,
  manager: StripeWebhookManager,
  events: readonly string[],
): string {
  const { _config: account } = manager.api;
  const parts = [webhook_id, secret, manager.config?.webhookHandlerUrl, account?.secretKey, ...events];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
