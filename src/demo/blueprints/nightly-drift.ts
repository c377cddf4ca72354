import type { Blueprint } from "../blueprint.ts";
import { infraFolders } from "../world-parts/infra-folders.ts";

export const nightlyDriftBlueprint: Blueprint = {
  name: "nightly-drift",
  parts: [infraFolders],
  programs: ["terraform"],
};
