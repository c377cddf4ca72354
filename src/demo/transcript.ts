import type { JsonObject, SlackMessage } from "../simulator/slack-messages.ts";
import type { SlackSimulator } from "../simulator/slack-simulator.ts";

/** Prints the channel and its threads as they change: a new message, or the line of one that changed. */
export class Transcript implements Disposable {
  readonly #slack: SlackSimulator;
  readonly #write: (line: string) => void;
  readonly #printed = new Map<string, string>();
  readonly #unsubscribe: () => void;

  constructor(slack: SlackSimulator, write: (line: string) => void) {
    this.#slack = slack;
    this.#write = write;
    this.#unsubscribe = slack.world.changes.subscribe((change) => {
      if (
        (change.kind === "message" || change.kind === "ephemeral") &&
        change.channel !== undefined &&
        change.ts !== undefined
      ) {
        this.#print(slack.world.messages.message(change.channel, change.ts));
      }
    });
  }

  /** A line of the play itself. */
  say(line: string): void {
    this.#write(`\n── ${line}`);
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #print(message: SlackMessage | undefined): void {
    if (message === undefined) return;
    const key = `${message.channel}/${message.ts}`;
    const before = this.#printed.get(key);
    const text = [this.#readable(message.text), ...message.files.map(fileText)].filter((part) => part !== "").join(" ");
    if (before === text) return;
    this.#printed.set(key, text);
    const { workspace } = this.#slack.world;
    const author = workspace.requireUser(message.user).handle;
    const channel = workspace.requireChannel(message.channel).name;
    const where = message.threadTs === undefined ? `#${channel}` : `#${channel} ↳`;
    const viewer =
      message.viewer === undefined ? "" : ` (only ${workspace.requireUser(message.viewer).handle} sees this)`;
    this.#write(`${where} ${before === undefined ? "+" : "~"} ${author}${viewer}: ${text}`);
  }

  /** Slack's markup as a person reads it. */
  #readable(text: string): string {
    const { workspace } = this.#slack.world;
    return text
      .replaceAll(/<@([A-Z0-9]+)>/gu, (_all, id: string) => `@${workspace.user(id)?.handle ?? id}`)
      .replaceAll(
        /<!subteam\^([A-Z0-9]+)(?:\|[^>]*)?>/gu,
        (_all, id: string) => `@${workspace.group(id)?.handle ?? id}`,
      )
      .replaceAll(/<!date\^[^|>]*\|([^>]*)>/gu, "$1")
      .replaceAll(/<[^|>]+\|([^>]*)>/gu, "$1")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&");
  }
}

/** A file has no text of its own where nothing was said with it. */
function fileText({ name }: JsonObject): string {
  return typeof name === "string" ? `[file ${name}]` : "[file]";
}
