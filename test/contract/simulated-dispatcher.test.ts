import { openSimulated } from "../sim/redis/remote-rig.ts";
import { dispatcherContract } from "./dispatcher.contract.ts";

dispatcherContract("through the simulated Redis", (setup) =>
  openSimulated({ ...setup, seed: "contract", kindsOf: () => setup.kinds }),
);
