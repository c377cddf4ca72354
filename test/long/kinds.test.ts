import { spawn } from "node:child_process";
import { once } from "node:events";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { apiMutants } from "../sim/mutants/api-mutants.ts";
import { forgeMutants } from "../sim/mutants/forge-mutants.ts";
import { kindsMutants } from "../sim/mutants/kinds-mutants.ts";
import { netMutants } from "../sim/mutants/net-mutants.ts";
import { shipMutants } from "../sim/mutants/ship-mutants.ts";
import { scheduleMutants } from "../sim/mutants/schedule-mutants.ts";
import { triggerMutants } from "../sim/mutants/trigger-mutants.ts";
import type { Mutant } from "../sim/mutants/mutant.ts";

const WAITS = new URL("../sim/kinds-child.ts", import.meta.url).pathname;
const PROGRAMS = new URL("../sim/ships-child.ts", import.meta.url).pathname;
const FORGE = new URL("../sim/forge-child.ts", import.meta.url).pathname;
const NET = new URL("../sim/net-child.ts", import.meta.url).pathname;
const SCHEDULES = new URL("../sim/schedules-child.ts", import.meta.url).pathname;
const TRIGGERS = new URL("../sim/triggers-child.ts", import.meta.url).pathname;
const API = new URL("../sim/api-child.ts", import.meta.url).pathname;
const PLANT = new URL("../sim/mutants/plant-child.ts", import.meta.url).href;
const Seen = z.object({ seed: z.number().nullable(), world: z.number(), faults: z.array(z.string()) });

/** The first world of so many in which something is wrong, with or without a bug. */
async function look(child: string, worlds: number, mutant?: Mutant): Promise<z.infer<typeof Seen>> {
  const planted = mutant === undefined ? [] : ["--import", PLANT];
  const running = spawn(process.execPath, [...planted, child, "1", String(worlds)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...(mutant && { QUARTERDECK_PLANTED_BUG: JSON.stringify(mutant) }) },
  });
  let [printed, wrong] = ["", ""];
  running.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  running.stderr.on("data", (chunk: Buffer) => (wrong += chunk.toString()));
  await once(running, "close");
  // A bug that ends the program is seen as well, but one that could not be planted is none.
  if (printed === "" && !wrong.includes("does not have once"))
    return { seed: 1, world: 1, faults: [wrong.slice(-300)] };
  return Seen.parse(JSON.parse(printed || JSON.stringify({ error: wrong.slice(-500) })));
}

/** One of the planted bugs; all of them are looked for by `npm run sim -- --mutants --only kinds`. */
function bug(mutants: readonly Mutant[], what: string): Mutant {
  const found = mutants.find((mutant) => mutant.what === what);
  if (found === undefined) throw new Error(`no planted bug is called "${what}"`);
  return found;
}

describe("worlds of the kinds that wait for a word from outside, and that change something there", () => {
  it("violate nothing", async () => {
    expect(await look(WAITS, 20)).toEqual({ seed: null, world: 20, faults: [] });
  });

  it("would say if anything were wrong", async () => {
    const { faults } = await look(WAITS, 80, bug(kindsMutants, "a step that waits does not hear its signal"));
    expect(faults).not.toEqual([]);
  });
});

describe("worlds of the kinds that run programs, with people who approve, retry and are late, and processes that die", () => {
  it("violate nothing", async () => {
    expect(await look(PROGRAMS, 8)).toEqual({ seed: null, world: 8, faults: [] });
  });

  it("would say if anything were wrong", async () => {
    const { faults } = await look(PROGRAMS, 60, bug(shipMutants, "what protects is begun without its approval"));
    expect(faults).not.toEqual([]);
  });
});

describe("worlds of the kinds that work with git and a forge, with others who push, limits, lost answers and processes that die", () => {
  it("violate nothing", async () => {
    expect(await look(FORGE, 6)).toEqual({ seed: null, world: 6, faults: [] });
  });

  it("would say if anything were wrong", async () => {
    const { faults } = await look(FORGE, 60, bug(forgeMutants, "its own request is not found again"));
    expect(faults).not.toEqual([]);
  });
});

describe("worlds of the kinds that look at others, wait and run programs, with far ends that come and go, and clocks that are set", () => {
  it("violate nothing", async () => {
    expect(await look(NET, 8)).toEqual({ seed: null, world: 8, faults: [] });
  });

  it("would say if anything were wrong", async () => {
    const { faults } = await look(NET, 60, bug(netMutants, "no answer is a verdict"));
    expect(faults).not.toEqual([]);
  });
});

describe("worlds of webhooks that are sent again, doubled, forged, late and early, to a server that is killed over them", () => {
  it("violate nothing", async () => {
    expect(await look(TRIGGERS, 8)).toEqual({ seed: null, world: 8, faults: [] });
  });

  it("would say if anything were wrong", async () => {
    const { faults } = await look(TRIGGERS, 60, bug(triggerMutants, "the same fact by another delivery starts again"));
    expect(faults).not.toEqual([]);
  });
});

describe("worlds of programs that ask over the API, with tokens that come and go, streams that are cut and a server that is killed over them", () => {
  it("violate nothing", async () => {
    expect(await look(API, 5)).toEqual({ seed: null, world: 5, faults: [] });
  });

  it("would say if anything were wrong", async () => {
    const { faults } = await look(API, 60, bug(apiMutants, "every request is a new one"));
    expect(faults).not.toEqual([]);
  });
});

describe("worlds of schedules on a server that is killed, stopped and started, with a clock that is set", () => {
  it("violate nothing", async () => {
    expect(await look(SCHEDULES, 10)).toEqual({ seed: null, world: 10, faults: [] });
  });

  it("would say if anything were wrong", async () => {
    const { faults } = await look(SCHEDULES, 60, bug(scheduleMutants, "a clock that is set back is not noticed"));
    expect(faults).not.toEqual([]);
  });
});
