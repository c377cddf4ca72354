import type { Json } from "../../../platform/canonical-json.ts";
import { markOf, type StandInCall } from "../stand-in.ts";

export const NAME = "ansible-playbook";
export const MARK = markOf(NAME);

const COUNTED = ["ok", "changed", "failed", "unreachable", "skipped", "rescued", "ignored"] as const;
type Counts = Record<(typeof COUNTED)[number], number>;

/** Writes the numbered events that the plug-in of the step writes for the real program; the names in them say who speaks. */
export class PlayEvents {
  readonly #call: StandInCall;
  readonly #counts = new Map<string, Counts>();
  #number = 0;

  constructor(call: StandInCall) {
    this.#call = call;
  }

  write(type: string, members: Readonly<Record<string, Json>>): void {
    this.#number += 1;
    this.#call.out(`${JSON.stringify({ quarterdeck: 1, n: this.#number, type, ...members })}\n`);
  }

  count(host: string, ...what: readonly (keyof Counts)[]): void {
    const counts = this.#counts.get(host) ?? blank();
    for (const one of what) counts[one] += 1;
    this.#counts.set(host, counts);
  }

  /** The last events: what came of each host. Whether any of them failed. */
  end(): boolean {
    const hosts = [...this.#counts].toSorted(([left], [right]) => (left < right ? -1 : 1));
    for (const [host, counts] of hosts) this.write("host", { host, ...counts });
    this.write("end", { hosts: hosts.length });
    return hosts.some(([, { failed }]) => failed > 0);
  }
}

function blank(): Counts {
  return { ok: 0, changed: 0, failed: 0, unreachable: 0, skipped: 0, rescued: 0, ignored: 0 };
}
