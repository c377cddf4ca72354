/** What a child is to play: the seeds of `first`, and then every `step`th from `from` on. */
export interface ChildTask {
  readonly first: readonly (number | string)[];
  readonly from: number;
  readonly step: number;
  readonly worlds: number;
  readonly untilMs: number;
  readonly stopAtFirst: boolean;
}

/** What came of one seed. */
export interface ChildReport {
  readonly seed: string;
  /** 1, or 0 for a story of a part of the program. */
  readonly worlds: number;
  readonly runs: number;
  readonly events: number;
  readonly milestones: Readonly<Record<string, number>>;
  readonly violations: readonly { readonly check: string; readonly what: string }[];
}
