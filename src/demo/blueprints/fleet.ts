import type { Blueprint } from "../blueprint.ts";
import { edgeClusters } from "../world-parts/edge-clusters.ts";

export const fleetBlueprint: Blueprint = { name: "fleet", parts: [edgeClusters] };
