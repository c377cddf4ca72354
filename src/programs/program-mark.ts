import type { StopRule } from "./program-order.ts";
import { processIdentity, processNamespace } from "./marked-processes.ts";
import { createHash } from "node:crypto";

/** Who starts programs: this process, in this place. */
export class ProgramOwner {
  /** How the marks of all processes of this place begin, whoever of them is still there. */
  readonly place: string;
  readonly #owner: string;
  #started = 0;

  private constructor(place: string, owner: string) {
    this.place = place;
    this.#owner = owner;
  }

  /** `folder` is what the processes of one installation on one machine have in common. */
  static async open(folder: string): Promise<ProgramOwner> {
    const place = createHash("sha256")
      .update(`${await processNamespace()}\n${folder}`)
      .digest("hex");
    const identity = (await processIdentity(process.pid)) ?? `${process.pid}-0`;
    return new ProgramOwner(`${place.slice(0, 16)}/`, identity);
  }

  /** The mark of one more program, which says how it is to be told to end. */
  next({ signal, graceMs }: StopRule): string {
    this.#started += 1;
    return `${this.place}${this.#owner}/${signal}/${graceMs}/${this.#started}`;
  }
}

/** What a mark says. */
export interface ReadMark {
  /** The identity of the process that started it. */
  readonly owner: string;
  readonly stop: StopRule;
}

const MARK_TEXT = /^[0-9a-f]+\/(?<owner>[\d-]+)\/(?<signal>SIGINT|SIGTERM)\/(?<grace>\d{1,9})\/\d+$/u;

/** Undefined for what is no mark of ours. */
export function tryReadMark(mark: string): ReadMark | undefined {
  const { owner = "", signal, grace = "" } = MARK_TEXT.exec(mark)?.groups ?? {};
  if (signal !== "SIGINT" && signal !== "SIGTERM") return undefined;
  return { owner, stop: { signal, graceMs: Number(grace) } };
}
