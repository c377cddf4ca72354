import type { DemoWorld } from "../../src/demo/demo-world.ts";
import type { JsonObject, SlackMessage } from "../../src/simulator/slack-messages.ts";

const ENDED = /: (?:succeeded|failed|rejected|cancelled|stopped[^.]*)\./u;

/** What people see in all channels now: the cards of runs, and the requests for approval that are open. Looks at what changes only. */
export class NoticeBoard implements Disposable {
  /** By title, such as `Promote alpha 1234567 to prod`. */
  readonly #cards = new Map<string, SlackMessage>();
  readonly #gates = new Map<string, SlackMessage>();
  readonly #unsubscribe: () => void;
  #changes = 0;

  constructor({ slack }: DemoWorld) {
    const { changes, messages } = slack.world;
    this.#unsubscribe = changes.subscribe(({ kind, channel, ts }) => {
      if (kind !== "message" || channel === undefined || ts === undefined) return;
      this.#changes += 1;
      this.#note(`${channel}/${ts}`, messages.message(channel, ts));
    });
  }

  /** A number that grows with every change of a message. */
  get changes(): number {
    return this.#changes;
  }

  /** The card of a run whose title begins so. */
  card(title: string): SlackMessage | undefined {
    return this.#cards.get(title);
  }

  get openGates(): readonly SlackMessage[] {
    return [...this.#gates.values()];
  }

  /** The cards whose runs go on, as far as they say. */
  get openCards(): readonly SlackMessage[] {
    return [...this.#cards.values()].filter((card) => !hasEnded(card));
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #note(key: string, message: SlackMessage | undefined): void {
    if (message?.botId === undefined || message.viewer !== undefined) return;
    const title = /^(?<title>Promote \w+ \w+ to \w+)/u.exec(message.text)?.groups?.["title"];
    if (message.threadTs === undefined && title !== undefined) this.#cards.set(title, message);
    if (hasButton(message, "gate_approve")) this.#gates.set(key, message);
    else this.#gates.delete(key);
  }
}

/** Whether a card says that its run has ended. */
export function hasEnded({ text }: SlackMessage): boolean {
  return ENDED.test(text);
}

export function hasButton({ blocks }: SlackMessage, actionId: string): boolean {
  return blocks.some((block) => elementsOf(block).some((element) => element["action_id"] === actionId));
}

function elementsOf(block: JsonObject): readonly JsonObject[] {
  const elements: unknown = block["elements"];
  return Array.isArray(elements) ? elements : [];
}
