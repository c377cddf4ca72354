import { KnownSights } from "./known-sights.ts";
import { drillSeeds } from "./make-drill.ts";
import { type HuntTask, MutantHunt, type Planted, type Sight } from "./mutant-hunt.ts";
import { allMutants, FLEETS, KINDS, REMOTE } from "./mutants/all-mutants.ts";
import { TELLING_FLEETS, TELLING_SEEDS, TELLING_STORIES } from "./telling-seeds.ts";

export interface MutantsOrder {
  readonly processes: number;
  /** Only those whose part, file or description has this text. */
  readonly only: string;
  /** In how many worlds each is looked for. */
  readonly worlds: number;
  /** The first seed. */
  readonly from: number;
  /** Whether it is written down where each was seen, for the next time. */
  readonly keeps: boolean;
  /** After so many minutes none is begun to be looked for any more. */
  readonly minutes: number;
}

const GOAL = 0.95;
// So many stories take no longer than one world.
const STORIES_A_WORLD = 4;
const DRILLS = drillSeeds(2);
const PLAIN_A_PROCESS = 25;

/**
 * Plants one bug after the other, plays seeds until a check sees it, and prints a table: at first where each was seen the last time,
 * and then those anew that do not show there any more, or were never seen. Returns the exit code.
 */
export async function runMutants(order: MutantsOrder): Promise<number> {
  const { processes, only, keeps } = order;
  const endsAt = performance.now() + order.minutes * 60_000;
  const planted = Array.from(allMutants, ([part, mutants]) => mutants.map((mutant) => ({ part, ...mutant }))).flat();
  const meant = planted.filter(({ part, file, what }) => `${part} ${file} ${what}`.includes(only));
  const known = new KnownSights();
  const sights: Sight[] = [];
  const take = (sight: Sight): void => {
    sights.push(sight);
    if (keeps) known.keep(sight);
    console.log(sightText(sight));
  };
  using hunt = new MutantHunt();
  await sideBySide(processes, plainOrders(meant, known), ({ part, seeds }) => hunt.playPlainly(part, seeds));
  const unseen: Planted[] = [];
  await sideBySide(processes, meant, async (mutant) => {
    const first = known.of(mutant);
    const sight = await hunt.look(mutant, { first, from: order.from, worlds: first.length });
    if (sight.check === undefined) unseen.push(mutant);
    else take(sight);
  });
  const stale = unseen.flatMap((mutant) => known.seedOf(mutant) ?? []);
  if (stale.length > 0) console.log(`what was seen in seeds ${stale.join(", ")} is not seen there any more`);
  await sideBySide(processes, unseen, async (mutant) => {
    take(await hunt.look(mutant, taskOf(mutant, performance.now() < endsAt ? order : { ...order, worlds: 0 })));
  });
  const caught = sights.filter(({ check }) => check !== undefined).length;
  for (const part of allMutants.keys()) printPart(part, sights);
  console.log(
    `caught ${caught} of ${meant.length} planted bugs (${percent(caught, meant.length)}), goal ${GOAL * 100} %`,
  );
  if (hunt.flawed.length > 0) console.log(`without any bug something is violated in seeds ${hunt.flawed.join(", ")}`);
  return caught >= meant.length * GOAL && meant.length > 0 ? 0 : 1;
}

/** Where each was seen the last time, by part, in portions for one process. */
function plainOrders(
  meant: readonly Planted[],
  known: KnownSights,
): readonly { readonly part: string; readonly seeds: readonly string[] }[] {
  return Array.from(
    Map.groupBy(meant, ({ part }) => part),
    ([part, mutants]) => {
      const seeds = [...new Set(mutants.flatMap((mutant) => known.seedOf(mutant) ?? []))];
      const portions = Math.ceil(seeds.length / PLAIN_A_PROCESS);
      return Array.from({ length: portions }, (_none, index) => ({
        part,
        seeds: seeds.slice(index * PLAIN_A_PROCESS, (index + 1) * PLAIN_A_PROCESS),
      }));
    },
  ).flat();
}

function taskOf({ part }: Planted, { from, worlds }: Pick<MutantsOrder, "from" | "worlds">): HuntTask {
  return { first: firstOf(part), from, worlds: part === REMOTE ? worlds * STORIES_A_WORLD : worlds };
}

/** Does it for each, so many at a time. */
async function sideBySide<Item>(
  atATime: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const workOn = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atATime }, () => workOn()));
}

/** Seeds that show much, of the worlds of a part. */
function firstOf(part: string): HuntTask["first"] {
  if (Object.values<string>(KINDS).includes(part)) return [];
  if (part === FLEETS) return TELLING_FLEETS;
  return part === REMOTE ? TELLING_STORIES : [...DRILLS, ...TELLING_SEEDS];
}

function sightText(sight: Sight): string {
  const { part, file, what } = sight.mutant;
  return `${part.padEnd(14)} ${file.padEnd(34)} ${what.padEnd(70)} ${endText(sight)}`;
}

function endText({ check, seed, worlds, isGone = false }: Sight): string {
  if (isGone) return "MISSED: it cannot be planted, as what it changes does not stand there once";
  if (check !== undefined) return `caught by "${check}" (seed ${seed}, world ${worlds})`;
  return worlds === 0 ? "MISSED: no time was left to look for it" : `MISSED in ${worlds} worlds`;
}

function printPart(part: string, sights: readonly Sight[]): void {
  const own = sights.filter(({ mutant }) => mutant.part === part);
  if (own.length === 0) return;
  const caught = own.filter(({ check }) => check !== undefined).length;
  console.log(
    `${part.padEnd(14)} planted ${String(own.length).padStart(4)}  caught ${String(caught).padStart(4)}  ${percent(caught, own.length)}`,
  );
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "none" : `${((part / whole) * 100).toFixed(1)} %`;
}
