import { InProcessDispatcher } from "../../src/dispatch/in-process-dispatcher.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { dispatcherContract } from "./dispatcher.contract.ts";

dispatcherContract("in process", async (setup) => new InProcessDispatcher({ ...setup, clock: systemClock }));
