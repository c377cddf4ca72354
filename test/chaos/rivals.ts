import { freePort } from "../../src/platform/free-port.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { Arena, type ArenaOptions } from "./arena.ts";
import type { Conclusion } from "./conclusion.ts";
import { amid } from "./kills.ts";
import { Program } from "./program.ts";

export interface Rivalry {
  readonly tries: number;
  /** Those in which not exactly one server went on, or the other one did not say which one has the folder. */
  readonly wrong: readonly string[];
}

const ENDS_WITHIN_MS = 90_000;

/** A second server on the folder of one that is at work, and two that are started at the same moment. */
export async function twoServers(
  options: ArenaOptions,
  tries: number,
): Promise<Conclusion & { readonly rivalry: Rivalry }> {
  await using arena = await Arena.open(options);
  const wrong = await amid(arena, async () => {
    const found: string[] = [];
    for (let number = 0; number < tries; number += 1) {
      await systemClock.sleep(arena.fractions() * 1000);
      found.push(...(number % 2 === 0 ? await besideOne(arena) : await atOnce(arena)));
    }
    return found;
  });
  const killed = { server: Math.floor(tries / 2) };
  return { ...(await arena.conclude()), killed, arena: arena.report(), rivalry: { tries, wrong } };
}

async function besideOne(arena: Arena): Promise<readonly string[]> {
  await using second = new Program(arena.serverOptions({ PORT: String(await freePort()) }));
  return wrongWith(await endOf(second), second);
}

async function atOnce(arena: Arena): Promise<readonly string[]> {
  await arena.killServer();
  const ports = [{}, { PORT: String(await freePort()) }];
  const both = ports.map((port) => new Program(arena.serverOptions(port)));
  const ready = await Promise.all(
    both.map(({ ready: isReady }) => Promise.race([isReady, systemClock.sleep(ENDS_WITHIN_MS)])),
  );
  const winner = both.find((_program, index) => ready[index] !== undefined);
  const losers = both.filter((program) => program !== winner);
  if (winner === undefined) {
    await Promise.all(both.map((program) => program.kill()));
    arena.startServer();
    return [`neither of two servers went on: ${both.map(({ lines }) => lines.at(-1)).join(" | ")}`];
  }
  arena.adoptServer(winner);
  const wrong = await Promise.all(losers.map(async (loser) => wrongWith(await endOf(loser), loser)));
  await Promise.all(losers.map((program) => program.kill()));
  return wrong.flat();
}

async function endOf(program: Program): Promise<string> {
  return await Promise.race([program.ended, systemClock.sleep(ENDS_WITHIN_MS).then(() => "still there")]);
}

function wrongWith(how: string, { lines }: Program): readonly string[] {
  const isRefused =
    how === "exit code 1" && lines.some((line) => /is in use by (?:process \d+|another process)/u.test(line));
  return isRefused ? [] : [`${how}: ${lines.slice(-2).join(" | ")}`];
}
