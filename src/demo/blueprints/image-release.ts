import type { Blueprint } from "../blueprint.ts";
import { labelImages } from "../world-parts/label-images.ts";

export const imageReleaseBlueprint: Blueprint = {
  name: "image-release",
  parts: [labelImages],
  programs: ["trivy", "cosign"],
};
