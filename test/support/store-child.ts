import { openStore } from "../../src/store/store.ts";
import { sampleEvents, sampleRunId, sampleTurn } from "./run-sample.ts";
import { STORE_DEPS } from "./store-folder.ts";

const [folder = "", chains = "0"] = process.argv.slice(2);
const store = await openStore({ ...STORE_DEPS, dataFolder: folder, address: "127.0.0.1:8080" });
process.stdout.write("open\n");

/** Runs, one after the other without an end; says so after each turn that is on the disk. */
async function runOn(chain: number): Promise<never> {
  for (;;) {
    const run = sampleRunId();
    const events = sampleEvents({ order: chain });
    for (let version = 1; version <= events.length; version += 1) {
      await store.events.appendRun(sampleTurn(run, events.slice(0, version)));
      process.stdout.write(`${run} ${version}\n`);
    }
  }
}

if (chains === "0") process.stdin.resume();
else await Promise.all(Array.from({ length: Number(chains) }, (_, chain) => runOn(chain)));
