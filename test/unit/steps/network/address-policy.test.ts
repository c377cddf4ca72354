import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ipBytes, isInRange, tryIpRange } from "../../../../src/platform/ip-range.ts";
import { whyRefused } from "../../../../src/steps/network/address-policy.ts";

const DENY = { privateAddresses: "deny", allow: [] } as const;
const ALLOW = { privateAddresses: "allow", allow: [] } as const;

describe("which addresses steps may connect to", () => {
  it.each(["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])(
    "lets the public address %s through",
    (address) => {
      expect(whyRefused(address, DENY)).toBeUndefined();
    },
  );

  it.each([
    "127.0.0.1",
    "127.8.9.1",
    "10.0.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd12:3456::1",
    "fc00::",
    "::ffff:10.0.0.1",
    "::ffff:a00:1",
    "::ffff:7f00:1",
    "::10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "::ffff:0:10.0.0.1",
  ])("refuses the private address %s, and lets it through where those are allowed", (address) => {
    expect(whyRefused(address, DENY)).toContain("private address");
    expect(whyRefused(address, ALLOW)).toBeUndefined();
  });

  it.each([
    "169.254.169.254",
    "169.254.170.2",
    "fe80::1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "fd00:ec2::254",
    "100.100.100.200",
    "192.0.0.192",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
  ])("refuses %s although private addresses are allowed, but not where its block is", (address) => {
    expect(whyRefused(address, ALLOW)).toBeDefined();
    expect(whyRefused(address, { privateAddresses: "deny", allow: [address] })).toBeUndefined();
  });

  it.each(["", "localhost", "fe80::1%eth0", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "::ffff:10.0.0.256", "1:2"])(
    "takes %j for no address",
    (text) => {
      expect(whyRefused(text, ALLOW)).toContain("is no address");
    },
  );

  it("lets the IPv4 address through that an allowed block holds, in every form", () => {
    const policy = { privateAddresses: "deny", allow: ["10.20.0.0/16"] } as const;
    expect(whyRefused("10.20.1.1", policy)).toBeUndefined();
    expect(whyRefused("::ffff:10.20.1.1", policy)).toBeUndefined();
    expect(whyRefused("10.21.1.1", policy)).toContain("private");
  });

  it("judges an IPv4 address and the IPv6 forms that carry it alike", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom("::ffff:", "64:ff9b::", "::ffff:0:"), (address, prefix) => {
        const own = whyRefused(address, DENY) === undefined;
        expect(whyRefused(prefix + address, DENY) === undefined).toBe(own);
      }),
    );
  });
});

describe("blocks of addresses", () => {
  it.each(["10.0.0.0/8", "10.1.2.3", "::/0", "fc00::/7", "2001:db8::/32", "0.0.0.0/0"])("reads %s", (text) => {
    expect(tryIpRange(text)).toBeDefined();
  });

  it.each(["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "fc00::1/7", "all", "10.0.0.0/-1"])(
    "does not read %s",
    (text) => {
      expect(tryIpRange(text)).toBeUndefined();
    },
  );

  it("hold an address exactly when its first bits are theirs", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (left, right, bits) => {
        const number = (text: string): bigint => text.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
        const cut = (text: string): bigint => (number(text) >> BigInt(32 - bits)) << BigInt(32 - bits);
        const base = cut(left);
        const start = [24n, 16n, 8n, 0n].map((shift) => (base >> shift) & 255n).join(".");
        const range = tryIpRange(`${start}/${bits}`);
        expect(range).toBeDefined();
        expect(isInRange(ipBytes(right) ?? [], range ?? { bytes: [], bits: 0 })).toBe(cut(right) === base);
      }),
    );
  });

  it("read every way of writing an IPv6 address as the same bytes", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const host = new URL(`http://[${text}]`).hostname.slice(1, -1);
        expect(ipBytes(text)).toEqual(ipBytes(host));
        expect(ipBytes(text)).toHaveLength(16);
      }),
    );
  });
});
