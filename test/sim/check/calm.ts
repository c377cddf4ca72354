/** One thing that happens in a scenario, as far as it matters how long it disturbs. */
interface Disturbance {
  /** Milliseconds after the beginning. */
  readonly at: number;
  readonly who: string;
  readonly act: object;
}

// Whoever was kept up needs some time to catch up: budgets, backoffs, a start.
const BEFORE_MS = 5000;
const AFTER_MS = 180_000;
const DISTURBING: ReadonlySet<string> = new Set(["machine", "network", "slack", "redis", "worker"]);
// Nothing is lost, and all that is asked takes seconds longer at most.
const SLOW = "slow";
const PRESENT: ReadonlySet<string> = new Set(["machine", "redis", "worker"]);
// Loses one call, or what nobody has asked for.
const HARMLESS: ReadonlySet<unknown> = new Set(["lose", "cut", "frames"]);

interface Disturbed {
  readonly startAt: number;
  /** Milliseconds after the beginning: from then on nothing goes wrong any more. */
  readonly calmAt: number;
  readonly acts: readonly Disturbance[];
}

/** Tells whether nothing went wrong with the program, its machine, its network and Slack between two moments of true time. */
export function calmOf(disturbed: Disturbed): (from: number, until: number) => boolean {
  return peaceOf(disturbed, ({ who }) => DISTURBING.has(who));
}

/** Tells whether moreover nobody did anything in Argo CD or in Git, nor anything went wrong there. */
export function stillnessOf(disturbed: Disturbed): (from: number, until: number) => boolean {
  return peaceOf(disturbed, ({ who }) => DISTURBING.has(who) || who === "argocd" || who === "git");
}

/** Tells whether the program went on all the time, and no more than one call of its to Argo CD was lost. */
export function reachabilityOf(disturbed: Disturbed): (from: number, until: number) => boolean {
  return peaceOf(disturbed, (act) => DISTURBING.has(act.who) && act.who !== "slack" && !HARMLESS.has(kindOf(act)));
}

/** Tells whether the program went on all the time, whatever the clock of its machine showed. */
export function presenceOf(disturbed: Disturbed): (from: number, until: number) => boolean {
  return peaceOf(disturbed, (act) => PRESENT.has(act.who) && kindOf(act) !== "clock" && kindOf(act) !== "settings");
}

function kindOf({ act }: Disturbance): unknown {
  return "kind" in act ? act.kind : "";
}

function peaceOf(
  { startAt, calmAt, acts }: Disturbed,
  isDisturbing: (act: Disturbance) => boolean,
): (from: number, until: number) => boolean {
  const troubles = acts
    .filter((act) => isDisturbing(act) && kindOf(act) !== SLOW)
    .map((act) => spanOf(act, { startAt, calmAt }));
  // At the beginning nothing is known yet.
  troubles.push({ from: 0, until: startAt + BEFORE_MS });
  return (from, until) => troubles.every((trouble) => until < trouble.from || from > trouble.until);
}

function spanOf(
  { at, act }: Disturbance,
  { startAt, calmAt }: Omit<Disturbed, "acts">,
): { readonly from: number; readonly until: number } {
  const members = new Map<string, unknown>(Object.entries(act));
  const from = startAt + at - BEFORE_MS;
  const lastsMs = Math.max(...["forMs", "downMs", "ms"].map((name) => Number(members.get(name) ?? 0)));
  // What waits for its moment does so until nothing goes wrong any more.
  const isCrash = members.get("kind") === "crash" && members.get("point") !== "now";
  const isWaiting = isCrash || members.get("type") === "ambush";
  return { from, until: startAt + (isWaiting ? Math.max(at, calmAt) : at) + lastsMs + AFTER_MS };
}

// From the look that found nothing to the row that says so.
const ANSWER_MS = 2000;

/** Tells whether the account in Argo CD may have been kept from seeing anything at a moment of true time. */
export function blindnessOf(startAt: number, acts: readonly Disturbance[]): (at: number) => boolean {
  const spells = acts.flatMap(({ at, act }) => {
    const members = new Map<string, unknown>(Object.entries(act));
    const isBlind = members.get("type") === "lose-rights" && members.get("right") === "get";
    const from = startAt + at;
    return isBlind ? [{ from, until: from + Number(members.get("forMs") ?? 0) + ANSWER_MS }] : [];
  });
  return (at) => spells.some(({ from, until }) => at >= from && at <= until);
}
