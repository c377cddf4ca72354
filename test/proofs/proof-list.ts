import { approvalBinds } from "./approval-binds.ts";
import { approvalCauses } from "./approval-causes.ts";
import { clickRaces } from "./click-races.ts";
import { deliveries } from "./deliveries.ts";
import { longGates } from "./long-gates.ts";
import type { Proof } from "./proof.ts";
import { tamper } from "./tamper.ts";

/** Every proof there is, in the order in which they are made. */
export const PROOFS: readonly Proof[] = [approvalBinds, approvalCauses, clickRaces, deliveries, longGates, tamper];
