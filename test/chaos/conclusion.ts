import type { Judgement } from "./judge.ts";
import type { Recoveries } from "./recovery.ts";

/** What is told of an arena besides the judgement. */
export interface ArenaReport {
  readonly tries: number;
  readonly surprises: readonly string[];
  readonly troubles: ReadonlyMap<string, number>;
  /** Where something was stuck: what the last server said before the end. */
  readonly lastLines: readonly string[];
}

/** How one arena ended. */
export interface Conclusion {
  readonly judgement: Judgement;
  readonly recoveries: Recoveries;
  /** How many processes of each sort were killed. */
  readonly killed: Readonly<Partial<Record<"server" | "worker" | "redis", number>>>;
  readonly arena: ArenaReport;
}
