/** What somebody looked at. */
export type Area = "program" | "configuration" | "data" | "slack" | "argocd" | "git" | "redis" | "audit";

/** One line of the doctor: what was found of which thing; why that matters and how to mend it where it is not well. */
export interface Finding {
  readonly area: Area;
  /** Such as `production`, `#deploys` or `SLACK_BOT_TOKEN`. */
  readonly subject: string;
  readonly level: "ok" | "warning" | "problem";
  readonly what: string;
  readonly why?: string;
  readonly mend?: string;
}

interface Trouble {
  readonly what: string;
  readonly why: string;
  readonly mend: string;
}

/** Makes findings about one thing. */
export class Subject {
  readonly #area: Area;
  readonly #subject: string;

  constructor(area: Area, subject: string) {
    this.#area = area;
    this.#subject = subject;
  }

  ok(what: string): Finding {
    return { area: this.#area, subject: this.#subject, level: "ok", what };
  }

  /** Something works, and may not for long, or not for everybody. */
  warning(trouble: Trouble): Finding {
    return { area: this.#area, subject: this.#subject, level: "warning", ...trouble };
  }

  /** Something that the configuration asks for does not work. */
  problem(trouble: Trouble): Finding {
    return { area: this.#area, subject: this.#subject, level: "problem", ...trouble };
  }
}
