import type { Asker } from "./forge-server.ts";

/** What a step was told of something: a check, a job, a pull request. */
export interface Row {
  readonly id: number;
  readonly name: string;
  /** In the words of the forge. */
  readonly state: string;
  /** The suite or pipeline to which it belongs. */
  readonly group?: number | undefined;
  readonly mayFail?: boolean;
  /** It is the newest of its sort. */
  readonly isNewest?: boolean;
}

/** What a step has read. */
export type Part =
  | "checks"
  | "statuses"
  | "suites"
  | "workflows"
  | "reviews"
  | "request"
  | "pipelines"
  | "jobs"
  | "bridges"
  | "other";

/** A request to the forge and what came of it. */
export interface Exchange {
  readonly asker: Asker;
  /** The process that has asked. */
  readonly life: object;
  readonly method: string;
  readonly part: Part;
  /** The first one is 1. */
  readonly page: number;
  readonly path: string;
  readonly sentAt: number;
  /** When whoever asked had an answer, or knew that there is none. */
  endedAt?: number;
  status?: number;
  /** Why there is no answer: a code of the network. */
  fault?: string;
  /** It is a limit, which ends then. */
  quietUntil?: number;
  /** Somebody else has answered, who is no forge. */
  isForeign?: boolean;
  rows?: readonly Row[];
}

/** Everything that belongs together of what a step has read, by what it is about. */
export interface Look {
  readonly sentAt: number;
  /** When the last of it was there. */
  readonly at: number;
  readonly rows: ReadonlyMap<Part, readonly Row[]>;
}

const PARTS: readonly (readonly [RegExp, Part])[] = [
  [/\/check-runs$/u, "checks"],
  [/\/commits\/\w+\/status$/u, "statuses"],
  [/\/check-suites$/u, "suites"],
  [/\/actions\/runs$/u, "workflows"],
  [/\/pulls\/\d+\/reviews$/u, "reviews"],
  [/\/(?:pulls|merge_requests)\/\d+$/u, "request"],
  [/\/pipelines$/u, "pipelines"],
  [/\/jobs$/u, "jobs"],
  [/\/bridges$/u, "bridges"],
];

export function partOf(method: string, path: string): Part {
  if (method !== "GET") return "other";
  return PARTS.find(([pattern]) => pattern.test(path))?.[1] ?? "other";
}

export function isSame(one: Asker, other: Asker): boolean {
  return one.run === other.run && one.step === other.step;
}

/** Whether it came to nothing, so that what was read with it counts for nothing. */
export function isBad({ status = 0, endedAt, isForeign = false }: Exchange): boolean {
  return endedAt === undefined || isForeign || (status !== 200 && status !== 304 && status !== 404);
}

/** The looks among what a step has asked, of which nothing is missing; each begins with the same part. */
export function looksAmong(exchanges: readonly Exchange[], first: Part): readonly Look[] {
  const looks: Look[] = [];
  let open: Exchange[] | undefined;
  const close = (): void => {
    const last = open?.at(-1);
    if (open !== undefined && last !== undefined && !open.some(isBad)) looks.push(lookOf(open, last));
    open = undefined;
  };
  for (const exchange of exchanges) {
    const isFirst = exchange.part === first && exchange.page === 1;
    if (isFirst || exchange.part === "other" || exchange.life !== open?.[0]?.life) close();
    if (isFirst) open = [];
    open?.push(exchange);
  }
  close();
  return looks;
}

function lookOf(exchanges: readonly Exchange[], last: Exchange): Look {
  const rows = new Map<Part, Row[]>();
  for (const { part, rows: told = [] } of exchanges) rows.set(part, [...(rows.get(part) ?? []), ...told]);
  return { sentAt: exchanges[0]?.sentAt ?? 0, at: last.endedAt ?? 0, rows };
}
