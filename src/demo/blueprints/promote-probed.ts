import type { Blueprint } from "../blueprint.ts";
import { probedReleases } from "../world-parts/probed-releases.ts";
import { shop } from "../world-parts/shop.ts";

export const promoteProbedBlueprint: Blueprint = { name: "promote-probed", parts: [shop, probedReleases] };
