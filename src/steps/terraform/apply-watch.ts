import type { Progress } from "../../domain/outcome.ts";
import type { SavedPlan } from "./saved-plan.ts";
import type { StreamMessage } from "./stream-message.ts";

type Planned = Pick<SavedPlan, "add" | "change" | "destroy" | "resources" | "otherResources">;

// What changes something; data that is read does not.
const DOING: Readonly<Record<string, string>> = { create: "creating", update: "updating", delete: "destroying" };
const MOST_LINES = 5;

/** What has become of the resources of a plan by now. */
export interface Applied {
  readonly done: readonly string[];
  readonly failed: readonly string[];
  /** Begun, and it is not known what became of them. */
  readonly unfinished: readonly string[];
  readonly notBegun: readonly string[];
  /** Not begun and not named, because there are too many. */
  readonly otherNotBegun: number;
}

/** Follows the stream of an apply: what is under way, what is done, what failed. */
export class ApplyWatch {
  readonly #plan: Planned;
  readonly #running = new Map<string, { readonly action: string; readonly seconds: number }>();
  readonly #done = new Set<string>();
  readonly #failed = new Set<string>();
  readonly #begun = new Set<string>();
  #operations = 0;

  constructor(plan: Planned) {
    this.#plan = plan;
  }

  /** Whether anything may have been changed. */
  get hasBegun(): boolean {
    return this.#begun.size > 0;
  }

  /** Takes a message in; what there is to show where it says something new. */
  see(message: StreamMessage): Progress | undefined {
    if (!isOperation(message) || !Object.hasOwn(DOING, message.hook.action)) return undefined;
    this.#step(message);
    return this.progress();
  }

  /** `3 of 12: aws_instance.a creating 40 s` */
  progress(): Progress {
    const { add, change, destroy } = this.#plan;
    const total = Math.max(add + change + destroy, this.#operations + this.#running.size);
    const [first, ...others] = [...this.#running].map(
      ([address, { action, seconds }]) => `${address} ${DOING[action] ?? action}${seconds > 0 ? ` ${seconds} s` : ""}`,
    );
    const head = `${this.#operations} of ${total}`;
    const more = others.length > MOST_LINES ? [`… and ${others.length - MOST_LINES} more`] : [];
    return {
      text: first === undefined ? head : `${head}: ${first}`,
      done: this.#operations,
      total,
      lines: [...others.slice(0, MOST_LINES), ...more],
    };
  }

  /** What is known at the end. */
  applied(): Applied {
    const planned = this.#plan.resources.filter(({ action }) => CHANGES.has(action)).map(({ address }) => address);
    const isRunning = (address: string): boolean => this.#running.has(address);
    const done = [...this.#done].filter((address) => !isRunning(address) && !this.#failed.has(address));
    return {
      done,
      failed: [...this.#failed],
      unfinished: [...this.#running.keys()],
      notBegun: planned.filter((address) => !this.#begun.has(address)),
      otherNotBegun: this.#plan.otherResources,
    };
  }

  #step({ type, hook }: Operation): void {
    const { action, elapsed_seconds: seconds = 0 } = hook;
    const address = hook.resource.addr;
    this.#begun.add(address);
    if (type === "apply_start" || type === "apply_progress") {
      this.#running.set(address, { action, seconds: Math.round(seconds) });
      return;
    }
    this.#running.delete(address);
    this.#operations += 1;
    if (type === "apply_errored") this.#failed.add(address);
    else this.#done.add(address);
  }
}

type Operation = Extract<StreamMessage, { hook: { action: string } }>;

function isOperation(message: StreamMessage): message is Operation {
  return message.type.startsWith("apply_");
}

const CHANGES: ReadonlySet<string> = new Set(["create", "update", "replace", "delete", "forget-and-create"]);

const MOST_NAMED = 5;

/** `4 of 12 were applied (a, b, ...); failed: c; not begun: d, e` */
export function appliedText(applied: Applied): string {
  const { done, failed, unfinished, notBegun, otherNotBegun } = applied;
  const parts: readonly (readonly [string, readonly string[], number])[] = [
    ["applied", done, 0],
    ["failed", failed, 0],
    ["begun without an end", unfinished, 0],
    ["not begun", notBegun, otherNotBegun],
  ];
  return parts
    .filter(([, names, others]) => names.length + others > 0)
    .map(([what, names, others]) => {
      const more = names.length - MOST_NAMED + others;
      const shown = names.slice(0, MOST_NAMED).join(", ");
      return `${names.length + others} ${what}${shown === "" ? "" : ` (${shown}${more > 0 && names.length > 0 ? `, and ${more} more` : ""})`}`;
    })
    .join(", ");
}
