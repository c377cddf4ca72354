import { z } from "zod";

import { type IpRange, ipBytes, isInRange, tryIpRange } from "../../platform/ip-range.ts";

/** Which addresses steps may connect to, as configured under `network`. */
export const NetworkPolicy = z.strictObject({
  privateAddresses: z.enum(["allow", "deny"]),
  /** Blocks that are allowed whatever they are, such as `10.20.0.0/16`. */
  allow: z.array(z.string()).readonly(),
});
export type NetworkPolicy = z.infer<typeof NetworkPolicy>;

type Sort = "private" | "link-local" | "metadata" | "no-host";

const SAYS: Readonly<Record<Sort, string>> = {
  private: "a private address",
  "link-local": "a link-local address, behind which clouds keep credentials",
  metadata: "the address at which a cloud keeps credentials",
  "no-host": "no address of a host",
};

// IANA's special-purpose registries, and the metadata services that the clouds document. The first that fits decides.
const RANGES: readonly (readonly [string, Sort])[] = [
  ["169.254.0.0/16", "link-local"],
  ["fe80::/10", "link-local"],
  ["fd00:ec2::/32", "metadata"],
  ["fd20:ce::/32", "metadata"],
  ["100.100.100.200/32", "metadata"],
  ["192.0.0.192/32", "metadata"],
  ["168.63.129.16/32", "metadata"],
  ["0.0.0.0/8", "no-host"],
  ["224.0.0.0/4", "no-host"],
  ["240.0.0.0/4", "no-host"],
  ["::/128", "no-host"],
  ["ff00::/8", "no-host"],
  ["100::/64", "no-host"],
  ["10.0.0.0/8", "private"],
  ["172.16.0.0/12", "private"],
  ["192.168.0.0/16", "private"],
  ["127.0.0.0/8", "private"],
  ["100.64.0.0/10", "private"],
  ["192.0.0.0/24", "private"],
  ["192.0.2.0/24", "private"],
  ["198.18.0.0/15", "private"],
  ["198.51.100.0/24", "private"],
  ["203.0.113.0/24", "private"],
  ["::1/128", "private"],
  ["fc00::/7", "private"],
  ["fec0::/10", "private"],
  ["64:ff9b:1::/48", "private"],
  ["2001::/23", "private"],
  ["2001:db8::/32", "private"],
  ["3fff::/20", "private"],
];

const SORTED = RANGES.map(([text, sort]) => ({ range: parseRange(text), sort }));

// Forms of IPv6 that carry an IPv4 address: what is reached is that one. The number says at which byte it stands.
const CARRIERS: readonly (readonly [IpRange, number])[] = [
  [parseRange("::ffff:0:0/96"), 12],
  [parseRange("::ffff:0:0:0/96"), 12],
  [parseRange("::/96"), 12],
  [parseRange("64:ff9b::/96"), 12],
  [parseRange("2002::/16"), 2],
];

/**
 * Why nothing may be sent to an address; undefined when it may. An address that carries another one is judged by both. Link-local
 * and metadata addresses are refused whatever is said of private ones, unless a block that is allowed holds them.
 */
export function whyRefused(address: string, policy: NetworkPolicy): string | undefined {
  const bytes = ipBytes(address);
  if (bytes === undefined) return `${address} is no address`;
  const forms = [bytes, ...carried(bytes)];
  const allowed = policy.allow.map(tryIpRange).filter((range) => range !== undefined);
  if (forms.some((form) => allowed.some((range) => isInRange(form, range)))) return undefined;
  for (const form of forms) {
    const sort = sortOf(form);
    if (sort === undefined || (sort === "private" && policy.privateAddresses === "allow")) continue;
    return `${address} is ${SAYS[sort]}`;
  }
  return undefined;
}

function sortOf(bytes: readonly number[]): Sort | undefined {
  return SORTED.find(({ range }) => isInRange(bytes, range))?.sort;
}

function carried(bytes: readonly number[]): readonly (readonly number[])[] {
  // The loopback and "no address" are written like carriers, and are none.
  if (bytes.slice(0, 15).every((byte) => byte === 0)) return [];
  return CARRIERS.filter(([range]) => isInRange(bytes, range)).map(([, at]) => bytes.slice(at, at + 4));
}

function parseRange(text: string): IpRange {
  const range = tryIpRange(text);
  if (range === undefined) throw new TypeError(`${text} is no block of addresses`);
  return range;
}
