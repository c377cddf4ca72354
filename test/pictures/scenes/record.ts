import { appendFile } from "node:fs/promises";

import { ANA, DEPLOYS } from "../../../src/demo/people.ts";
import type { Scene } from "../scene.ts";

const ANCHORS = `
audit:
  anchors:
    events: 10
    targets:
      - slack: ${DEPLOYS}
`;

/** The log is anchored in a channel. */
const anchor: Scene = {
  name: "anchor",
  async before({ world }) {
    await appendFile(world.configurationFile, ANCHORS);
  },
  async play({ story, shoot }) {
    await story.type(ANA, "/promote checkout abc123 to staging");
    await story.ended(await story.card(/abc123/u));
    await shoot(await story.post(/log is anchored/u), "anchor-notice");
  },
};

export const RECORD: readonly Scene[] = [anchor];
