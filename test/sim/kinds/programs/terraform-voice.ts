import { type Change, countsOf, type Doing } from "./terraform-state.ts";

type Members = Readonly<Record<string, unknown>>;

/** What Terraform writes with `-json`: one message a line. */
export class TerraformVoice {
  readonly #print: (line: string) => void;
  readonly #now: () => number;

  constructor(print: (line: string) => void, now: () => number) {
    this.#print = print;
    this.#now = now;
    this.#say("Terraform 1.11.4", { terraform: "1.11.4", type: "version", ui: "1.2" });
  }

  output(text: string, code: string): void {
    this.#say(text, { message_code: code, type: "init_output" });
  }

  refresh(address: string): void {
    const hook = { resource: resourceOf(address), id_key: "id", id_value: address };
    this.#say(`${address}: Refreshing state... [id=${address}]`, { hook, type: "refresh_start" });
    this.#say(`${address}: Refresh complete [id=${address}]`, { hook, type: "refresh_complete" });
  }

  planned({ address, action }: Change): void {
    const reason = action === "replace" ? { reason: "cannot_update" } : {};
    const change = { resource: resourceOf(address), action, ...reason };
    this.#say(`${address}: Plan to ${action}`, { change, type: "planned_change" });
  }

  summary(changes: readonly Pick<Change, "action">[], operation: "plan" | "apply"): void {
    const { add, change, remove } = countsOf(changes);
    const text =
      operation === "plan"
        ? `Plan: ${add} to add, ${change} to change, ${remove} to destroy.`
        : `Apply complete! Resources: ${add} added, ${change} changed, ${remove} destroyed.`;
    this.#say(text, { changes: { add, change, import: 0, remove, operation }, type: "change_summary" });
  }

  apply(address: string, action: Doing, stage: "start" | "progress" | "complete" | "errored"): void {
    const [ing, noun] = WORDS[action];
    const hook = { resource: resourceOf(address), action, ...(stage !== "start" && { elapsed_seconds: 1 }) };
    const text = {
      start: `${ing}...`,
      progress: `Still ${ing.toLowerCase()}... [10s elapsed]`,
      complete: `${noun} complete after 1s`,
      errored: `${noun} errored after 1s`,
    }[stage];
    this.#say(`${address}: ${text}`, { hook, type: `apply_${stage}` });
  }

  error(summary: string, detail: string): void {
    const message = {
      "@level": "error",
      "@message": `Error: ${summary}`,
      "@module": "terraform.ui",
      "@timestamp": new Date(this.#now()).toISOString(),
      diagnostic: { severity: "error", summary, detail },
      type: "diagnostic",
    };
    this.#print(JSON.stringify(message));
  }

  #say(text: string, members: Members): void {
    const stamp = new Date(this.#now()).toISOString();
    const head = { "@level": "info", "@message": text, "@module": "terraform.ui", "@timestamp": stamp };
    this.#print(JSON.stringify({ ...head, ...members }));
  }
}

const WORDS: Readonly<Record<Doing, readonly [string, string]>> = {
  create: ["Creating", "Creation"],
  update: ["Modifying", "Modifications"],
  delete: ["Destroying", "Destruction"],
  replace: ["Replacing", "Replacement"],
};

function resourceOf(address: string): Members {
  const [type = "", name = ""] = address.split(".");
  return {
    addr: address,
    module: "",
    resource: address,
    implied_provider: "cloud",
    resource_type: type,
    resource_name: name,
    resource_key: null,
  };
}
