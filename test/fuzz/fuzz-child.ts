import { writeFileSync } from "node:fs";

import { readCorpus } from "./corpus.ts";
import { Coverage } from "./coverage.ts";
import { sortOf } from "./finding.ts";
import { Order, type OrderOf } from "./fuzz-order.ts";
import { loadTarget } from "./fuzz-target.ts";
import { Hunt } from "./hunt.ts";
import { shrink } from "./shrink.ts";
import { tryInput } from "./try-input.ts";

// So that what is compiled while it runs is compiled, as it is in a server that has run for a minute.
const WARM_UP_MS = 300;

async function obey(order: Order): Promise<unknown> {
  switch (order.kind) {
    case "hunt":
      return await hunt(order);
    case "walk":
      return await walk(order);
    case "measure":
      return await measure(order);
    case "shrink": {
      const target = await loadTarget(order.target);
      const wanted = sortOf(order.cause);
      return await shrink(order.input, async (text) => {
        const { cause } = await tryInput(target, text);
        return cause !== undefined && sortOf(cause) === wanted;
      });
    }
  }
}

async function hunt(order: OrderOf<"hunt">): Promise<unknown> {
  using coverage = new Coverage(isWatched);
  const target = await loadTarget(order.target);
  const note = async (batch: readonly string[]): Promise<void> => {
    writeFileSync(order.journal, JSON.stringify(batch));
    await tell({ kind: "beat" });
  };
  const endsAt = performance.now() + order.forMs;
  return await new Hunt({ target, coverage, seed: order.seed, endsAt, note }, await readCorpus(order.target)).run();
}

async function walk({ target: name, inputs }: OrderOf<"walk">): Promise<unknown> {
  const target = await loadTarget(name);
  for (const [at, input] of inputs.entries()) {
    await tell({ kind: "beat", at });
    await tryInput(target, input);
  }
  return undefined;
}

async function measure({ target: name, inputs }: OrderOf<"measure">): Promise<readonly number[]> {
  const target = await loadTarget(name);
  for (const end = performance.now() + WARM_UP_MS; performance.now() < end;) {
    for (const seed of target.seeds) await tryInput(target, seed);
  }
  const times: number[] = [];
  for (const input of inputs) {
    await tell({ kind: "beat" });
    times.push((await tryInput(target, input)).cpuMs);
  }
  return times;
}

/** The product, and what reads texts for it. */
function isWatched(url: string): boolean {
  return /\/src\/|\/node_modules\/(?:yaml|@marcbachmann)\//u.test(url);
}

/** Resolves when it is out: whatever happens to this process afterwards, it was told. */
function tell(message: object): Promise<void> {
  return new Promise((resolve) => void process.send?.(message, () => resolve()));
}

process.once("message", (message: unknown) => {
  void (async () => {
    await tell({ kind: "answer", answer: await obey(Order.parse(message)) });
    process.disconnect();
  })();
});
