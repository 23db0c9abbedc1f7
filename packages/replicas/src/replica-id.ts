import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

/** Enough that two processes of one host, or two pods of one name, are never the same replica. */
const RANDOM_BYTES = 4;

/** The pod's name, and something that no earlier process of that name had. */
export function replicaId(): string {
  return `${hostname().slice(0, 100)}-${randomBytes(RANDOM_BYTES).toString("hex")}`;
}
