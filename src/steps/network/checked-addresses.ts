import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

import { AppError, errorText } from "../../platform/errors.ts";
import { type NetworkPolicy, whyRefused } from "./address-policy.ts";

/** The addresses of a name. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** As the machine resolves names, `/etc/hosts` included. */
export async function systemLookup(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

interface Asked {
  /** As an address has it, IPv6 in brackets. */
  readonly host: string;
  readonly policy: NetworkPolicy;
  readonly lookup: Lookup;
}

/**
 * The addresses of a host, all of which may be connected to. Whoever connects uses these and asks no more: a name that means another
 * address a moment later changes nothing. One address that is refused refuses the name. Throws `network.refused-address` and
 * `network.unknown-host` (retry `backoff`).
 */
export async function checkedAddresses({ host, policy, lookup: ask }: Asked): Promise<readonly string[]> {
  const bare = host.replace(/^\[(.*)\]$/u, "$1");
  const addresses = isIP(bare) === 0 ? await addressesOf(bare, ask) : [bare];
  for (const address of addresses) {
    const reason = whyRefused(address, policy);
    if (reason !== undefined) throw refused(bare, reason);
  }
  return addresses;
}

async function addressesOf(name: string, ask: Lookup): Promise<readonly string[]> {
  let addresses: readonly string[];
  try {
    addresses = await ask(name);
  } catch (error) {
    throw unknownHost(name, errorText(error), error);
  }
  if (addresses.length === 0) throw unknownHost(name, "it has no address");
  return addresses;
}

function unknownHost(name: string, why: string, cause?: unknown): AppError {
  const message = `The name ${name} could not be resolved (${why}). Check how it is written, and that the name service knows it.`;
  return new AppError(message, { code: "network.unknown-host", retry: "backoff", cause });
}

function refused(host: string, reason: string): AppError {
  const message =
    `Nothing is sent to ${host}: ${reason}. If that is meant, allow it under "network" in quarterdeck.yaml: ` +
    `"private-addresses: allow" for all private ones, or its block under "allow".`;
  return new AppError(message, { code: "network.refused-address" });
}
