import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

const { lookup } = dns;

let address = "127.0.0.1";

type Lookup = (name: string, ...rest: unknown[]) => void;

const ours: Lookup = (name, ...rest) => (lookup as Lookup)(name.endsWith(".test") ? address : name, ...rest);

Object.assign(dns, { lookup: ours });
syncBuiltinESMExports();

/** Names below .test, which are nobody's (RFC 6761), lead this program there, as those of a domain would. */
export function leadNamesTo(where: string): void {
  address = where;
}
