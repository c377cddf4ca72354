import { openDemoWorld } from "../../src/demo/demo-world.ts";
import { ServerProcess } from "../../src/demo/server-process.ts";
import { Story } from "../../src/demo/story.ts";
import { Transcript } from "../../src/demo/transcript.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { ENTRY } from "../support/process-rig.ts";
import { Camera } from "./camera.ts";
import type { Scene, Stage } from "./scene.ts";
import { ANSWERS } from "./scenes/answers.ts";
import { ENDINGS } from "./scenes/endings.ts";
import { CHAINS } from "./scenes/chains.ts";
import { INCIDENTS } from "./scenes/incidents.ts";
import { MACHINES } from "./scenes/machines.ts";
import { PROMOTIONS } from "./scenes/promotions.ts";
import { RECORD } from "./scenes/record.ts";

const SCENES: readonly Scene[] = [
  ...PROMOTIONS,
  ...CHAINS,
  ...ENDINGS,
  ...INCIDENTS,
  ...ANSWERS,
  ...MACHINES,
  ...RECORD,
];

/** Makes the pictures of the documentation anew, all or those of the scenes that are named, from the real program in its demo. */
async function main(names: readonly string[]): Promise<void> {
  await using camera = await Camera.open();
  for (const scene of SCENES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.log(`\n${scene.name}`);
    await play(scene, camera);
  }
}

async function play(scene: Scene, camera: Camera): Promise<void> {
  await using world = await openDemoWorld({
    ...scene.settings,
    clock: systemClock,
    random: systemRandom,
    settle: "1s",
  });
  using transcript = new Transcript(world.slack, () => undefined);
  const stage = stageOf({ world, camera, transcript });
  await scene.before?.(stage);
  const environment = { ...world.environment, ...(await scene.environment?.(stage)) };
  const server = await ServerProcess.start({ entry: ENTRY, environment }, process.env);
  try {
    await scene.play(stage);
  } finally {
    await server.kill("SIGKILL");
  }
}

function stageOf({
  world,
  camera,
  transcript,
}: Pick<Stage, "world" | "camera"> & { readonly transcript: Transcript }): Stage {
  const story = new Story({ world, transcript, between: () => Promise.resolve() });
  return {
    world,
    story,
    camera,
    control: async (command) => {
      await world.argocd.control(command);
    },
    shoot: (message, name) => camera.message(world, message, name),
    ask: async ({ user, text, says }, name) => {
      await story.type(user, text);
      await camera.message(world, await story.told(user, says), name);
    },
  };
}

await main(process.argv.slice(2));
