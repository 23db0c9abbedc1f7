import type { Mysql } from "./cluster/mysql.ts";
import type { Replica } from "./cluster/replica.ts";

/** What a connection says of itself to MySQL. */
const ATTRIBUTE = "replica";

/** Environment of a replica whose connections MySQL can tell from those of the others. */
export function namedConnections(index: number): Record<string, string> {
  return { [`database__connection__connectAttributes__${ATTRIBUTE}`]: nameOf({ index }) };
}

/** Ends all connections of one replica; answers with how many there were. */
export async function cutOff(mysql: Mysql, replica: Replica): Promise<number> {
  const found = await mysql.query(
    "SELECT processlist_id AS id FROM performance_schema.session_connect_attrs WHERE attr_name = ? AND attr_value = ?",
    [ATTRIBUTE, nameOf(replica)],
  );
  return mysql.killConnectionsOf({ connections: found.map(({ id }) => id) });
}

function nameOf({ index }: { index: number }): string {
  return `replica-${index}`;
}
