import { isoTime } from "../../../platform/clock.ts";
import { markOf, type StandInCall } from "../stand-in.ts";
import type { Change } from "./changes.ts";

export const NAME = "terraform";
export const MARK = markOf(NAME);
/** The version whose words it speaks. */
export const VERSION = "1.11.4";

type Members = Readonly<Record<string, unknown>>;

/** The lines of the `-json` stream, each with a message that says who speaks. */
export class Voice {
  readonly #call: StandInCall;

  constructor(call: StandInCall) {
    this.#call = call;
  }

  tell(type: string, text: string, members: Members = {}): void {
    this.#line("info", { type, text, members });
  }

  version(): void {
    this.tell("version", `Terraform ${VERSION}`, { terraform: VERSION, ui: "1.2" });
  }

  change({ address, action, reason, name, key }: Change): void {
    const change = { resource: resourceOf({ address, name, key }), action, ...(reason !== undefined && { reason }) };
    this.tell("planned_change", `${address}: Plan to ${action}`, { change });
  }

  /** Something that is being done with a resource, or has been. */
  hook(type: string, change: Change, more: { readonly text: string; readonly members: Members }): void {
    const hook = { resource: resourceOf(change), ...more.members };
    this.tell(type, `${change.address}: ${more.text}`, { hook });
  }

  error(summary: string, detail: string): void {
    const diagnostic = { severity: "error", summary, detail: `${detail}\n${MARK}`.trim() };
    this.#line("error", { type: "diagnostic", text: `Error: ${summary}`, members: { diagnostic } });
  }

  #line(level: string, { type, text, members }: { type: string; text: string; members: Members }): void {
    const head = { "@level": level, "@message": `${MARK} ${text}`, "@module": "terraform.ui" };
    const line = { ...head, "@timestamp": isoTime(this.#call.clock.now()), ...members, type };
    this.#call.out(`${JSON.stringify(line)}\n`);
  }
}

function resourceOf({ address, name, key }: Pick<Change, "address" | "name" | "key">): Members {
  return {
    addr: address,
    module: "",
    resource: address,
    implied_provider: "terraform",
    resource_type: "terraform_data",
    resource_name: name,
    resource_key: key ?? null,
  };
}
