import type { Dice } from "../dice.ts";
import type { SlackReply } from "./slack-reply.ts";

/** Something that Slack itself gets wrong for a while. */
export interface Trouble {
  /** Absent for every method. */
  readonly methods?: readonly string[];
  /** `http_503` and the like come with that status; everything else stands in a body. */
  readonly error: string;
  /** Whether the call is carried out all the same, as Slack says of `fatal_error`, `internal_error` and the statuses above 499. */
  readonly hasEffect: boolean;
  /** How likely a call is hit; 1 when absent. */
  readonly share?: number;
}

/** The troubles of the moment. */
export class SlackTroubles {
  readonly #dice: Dice;
  readonly #now = new Set<Trouble>();

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  begin(trouble: Trouble): void {
    this.#now.add(trouble);
  }

  end(trouble: Trouble): void {
    this.#now.delete(trouble);
  }

  /** What happens to a call; undefined when nothing does. */
  hit(method: string): Trouble | undefined {
    for (const trouble of this.#now) {
      const isMeant = trouble.methods?.includes(method) ?? true;
      if (isMeant && (trouble.share === undefined || this.#dice.chance(trouble.share))) return trouble;
    }
    return undefined;
  }
}

export function troubleReply({ error }: Trouble): SlackReply {
  const status = /^http_(\d{3})$/u.exec(error)?.[1];
  return status === undefined ? { ok: false, error } : { ok: false, error, status: Number(status) };
}
