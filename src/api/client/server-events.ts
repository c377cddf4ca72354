/** One server-sent event. */
export interface ServerEvent {
  /** Empty for what is no fact. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

const LONGEST_EVENT = 1024 * 1024;

/** Reads server-sent events as the HTML standard has them, as far as our server writes them; an event that is cut off at the end is none. */
export async function* serverEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of bytes) {
    rest += decoder.decode(piece, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    if (rest.length > LONGEST_EVENT) throw new Error("an event is too long");
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) yield event;
    }
  }
}

/** Undefined for what is only there to be heard. */
function eventOf(block: string): ServerEvent | undefined {
  let [id, event] = ["", ""];
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, name, value = ""] = /^([a-z]+): ?(.*)$/u.exec(line) ?? [];
    if (name === "id") id = value;
    if (name === "event") event = value;
    if (name === "data") data.push(value);
  }
  return data.length === 0 ? undefined : { id, event, data: data.join("\n") };
}
