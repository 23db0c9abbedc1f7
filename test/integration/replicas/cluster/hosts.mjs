// Loaded into Ghost's process before Ghost: names that end in .test, which are nobody's (RFC 6761), are this machine,
// so that a site can have a name and its processes find it. Ghost asks both the system and, itself, the name servers.
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

const ADDRESS = "127.0.0.1";

const { lookup } = dns;
const { resolve4, resolve6 } = dns.promises.Resolver.prototype;

dns.lookup = (name, ...rest) => lookup(ours(name) ? ADDRESS : name, ...rest);
syncBuiltinESMExports();

Object.assign(dns.promises.Resolver.prototype, {
  async resolve4(name, options) {
    if (!ours(name)) return resolve4.call(this, name, options);
    return [options?.ttl ? { address: ADDRESS, ttl: 60 } : ADDRESS];
  },
  async resolve6(name, options) {
    return ours(name) ? [] : resolve6.call(this, name, options);
  },
});

function ours(name) {
  return typeof name === "string" && name.endsWith(".test");
}
