import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { ANA } from "../../../src/demo/people.ts";
import type { Scene } from "../scene.ts";

const COMMAND = `name: Announce
summary: Say that a service is about to be released
verb: promote
on:
  slash: /qd announce <service> <revision> to <environment>
inputs:
  service: { type: service }
  revision: { type: revision, of: service }
  environment: { type: environment, of: service }
steps:
  - id: tell
    uses: slack/message
    with:
      text: "*\${{ service.name }}* goes live with \${{ revision.short }}: \${{ revision.subject }}"
      link: { url: https://status.example.com/checkout, label: Follow it }
`;

/** A command of a team's own posts a message. */
const announce: Scene = {
  name: "announce",
  async environment({ world }) {
    const commands = join(dirname(world.configurationFile), "commands");
    await mkdir(commands, { recursive: true });
    await writeFile(join(commands, "announce.yaml"), COMMAND);
    const text = await readFile(world.configurationFile, "utf8");
    await writeFile(
      world.configurationFile,
      text.replace("verbs: [promote, rollback, sync, lock, unlock]", "verbs: [promote]"),
    );
    return { QUARTERDECK_COMMANDS: commands };
  },
  async play({ story, shoot }) {
    await story.type(ANA, "/qd announce checkout abc123 to prod");
    const card = await story.card(/abc123|Announce/u);
    await shoot(await story.reply(card, /goes live/u), "posted-message");
  },
};

export const CHAINS: readonly Scene[] = [announce];
