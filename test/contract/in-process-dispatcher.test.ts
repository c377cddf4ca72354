import { InProcessDispatcher } from "../../src/dispatch/in-process-dispatcher.ts";
import { PreparingDispatcher } from "../../src/engine/preparing-dispatcher.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { atEndOfTurn } from "../../src/platform/turn.ts";
import { dispatcherContract } from "./dispatcher.contract.ts";

dispatcherContract(
  "in process",
  async (setup) => new InProcessDispatcher({ ...setup, clock: systemClock, atEndOfTurn }),
);

dispatcherContract("in process, after what the server prepares", async (setup) => {
  return new PreparingDispatcher({
    ...setup,
    inner: new InProcessDispatcher({ ...setup, clock: systemClock, atEndOfTurn }),
  });
});
