import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { ANA } from "../../../src/demo/people.ts";
import type { DemoWorld } from "../../../src/demo/demo-world.ts";
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
  environment: ({ world }) => withCommand(world, { name: "announce", text: COMMAND }),
  async play({ story, shoot }) {
    await story.type(ANA, "/qd announce checkout abc123 to prod");
    const card = await story.card(/abc123|Announce/u);
    await shoot(await story.reply(card, /goes live/u), "posted-message");
  },
};

const FLEET = `
name: Drain
verb: promote
summary: Drain every cluster of a service
on:
  slash: /qd drain <service> in <environment>
inputs:
  service: { type: service }
  environment: { type: environment, of: service }
steps:
  - parallel:
      - { id: quiet, uses: delay, with: { for: 1s } }
      - { id: watched, uses: delay, with: { for: 2s } }
  - for-each: "['eu-1', 'eu-2', 'eu-3', 'us-1', 'us-2', 'us-3', 'ap-1', 'ap-2']"
    as: cluster
    at-a-time: 3
    steps:
      - { id: drain, uses: delay, with: { for: 3s } }
      - { id: rest, uses: delay, with: { for: 4s } }
`;

/** A chain with branches and a fleet, of which each part has one message. */
const fleet: Scene = {
  name: "fleet",
  environment: ({ world }) => withCommand(world, { name: "drain", text: FLEET }),
  async play({ story, shoot }) {
    await story.type(ANA, "/qd drain checkout in prod");
    const card = await story.card(/Drain/u);
    const part = await story.reply(card, /^eu-1: 1 step done; rest running/u);
    await shoot(part, "step-fleet");
    await story.says(card, /cluster: 3 under way, [1-3] done/u);
    await shoot(card, "card-chain");
  },
};

/** Tells the server of one more command, which everybody may use who may promote. */
async function withCommand(
  world: DemoWorld,
  { name, text: command }: { readonly name: string; readonly text: string },
): Promise<Readonly<Record<string, string>>> {
  const commands = join(dirname(world.configurationFile), "commands");
  await mkdir(commands, { recursive: true });
  await writeFile(join(commands, `${name}.yaml`), command);
  const text = await readFile(world.configurationFile, "utf8");
  await writeFile(
    world.configurationFile,
    text.replace("verbs: [promote, rollback, sync, signal, lock, unlock]", "verbs: [promote]"),
  );
  return { QUARTERDECK_COMMANDS: commands };
}

export const CHAINS: readonly Scene[] = [announce, fleet];
