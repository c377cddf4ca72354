// A store under load, in a process of its own: `N` on a line of its input lets it record N turns of several runs; after them it
// says which event is the newest, and then does nothing until it is asked again.
import { createInterface } from "node:readline";

import { openStore } from "../../src/store/store.ts";
import { sampleEvents, sampleRunId, sampleTurn } from "../support/run-sample.ts";
import { STORE_DEPS } from "../support/store-folder.ts";

const CHAINS = 5;
const [folder = ""] = process.argv.slice(2);
const store = await openStore({ ...STORE_DEPS, dataFolder: folder, address: "127.0.0.1:8080" });

interface Chain {
  readonly run: string;
  readonly events: ReturnType<typeof sampleEvents>;
  version: number;
}

const newChain = (order: number): Chain => ({ run: sampleRunId(), events: sampleEvents({ order }), version: 0 });
const chains = Array.from({ length: CHAINS }, (_, order) => newChain(order));

async function turn(index: number): Promise<void> {
  let chain = chains[index] ?? newChain(index);
  if (chain.version === chain.events.length) chain = newChain(index);
  chains[index] = chain;
  chain.version += 1;
  await store.events.appendRun(sampleTurn(chain.run, chain.events.slice(0, chain.version)));
}

let head = { sequence: 0, hash: "" };
process.stdout.write(`${JSON.stringify(head)}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  // Those that come together are committed together, as under load.
  for (let left = Number(line); left > 0; left -= CHAINS) {
    await Promise.all(Array.from({ length: Math.min(left, CHAINS) }, (_, index) => turn(index)));
  }
  for (const { sequence, hash } of store.log.rows({ from: head.sequence + 1 })) head = { sequence, hash };
  process.stdout.write(`${JSON.stringify(head)}\n`);
}
