import type { Session } from "../database/database.ts";

/** The value of a setting as Ghost stores it; a text always. */
export async function readSetting(session: Session, key: string): Promise<string> {
  const [row] = await session.rows<{ value: string | null }>("SELECT value FROM settings WHERE `key` = ?", [key]);
  return row?.value ?? "";
}
