import { z } from "zod";

import { type DemoWorld, openDemoWorld } from "../../src/demo/demo-world.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";
import { answerCalls } from "./bench-process.ts";

const Load = z.object({
  app: z.enum(["trivial", "recording", "product"]),
  connections: z.number(),
  /** The load ends after so many commands, or after so long. */
  commands: z.number(),
  longestMs: z.number(),
  pauseMs: z.number(),
});
const World = z.object({ receive: z.enum(["socket", "http"]) });
const App = z.object({ app: Load.shape.app, connections: z.number() });

const TRIVIAL = { botToken: "xoxb-bench-0000000001-trivial", appToken: "xapp-1-A0QUARTER1-bench-trivial" };

interface Slacks {
  readonly world: DemoWorld;
  readonly trivial: SlackSimulator;
  readonly recording: SlackSimulator;
}

const open: { slacks?: Slacks } = {};
let lastCommand = 0;

answerCalls({
  /** One simulated Slack for each app, and the rest of the world for the product. */
  async start(argument) {
    const world = await openDemoWorld({ clock: systemClock, random: systemRandom, ...World.parse(argument) });
    // People who type as fast as this do not exist: their number is not what is measured.
    const base = { clock: systemClock, random: systemRandom, workspace: slackDemoWorkspace };
    const start = (): Promise<SlackSimulator> =>
      startSlackSimulator({ ...base, ...TRIVIAL, rateLimitMultiplier: Infinity });
    const [trivial, recording] = [await start(), await start()];
    open.slacks = { world, trivial, recording };
    return {
      environment: world.environment,
      trivial: { ...TRIVIAL, apiUrl: trivial.apiUrl },
      recording: { ...TRIVIAL, apiUrl: recording.apiUrl },
    };
  },
  /** Resolves when the app has so many connections. */
  async connected(argument) {
    const { app, connections } = App.parse(argument);
    const { socket } = slackOf(app);
    while (socket.connections.length < connections) await systemClock.sleep(20);
  },
  /** So many people type a command each, and the next some time after that is acknowledged; the times to the acknowledgements. */
  async load(argument) {
    const { app, commands, connections, longestMs, pauseMs } = Load.parse(argument);
    const endMs = performance.now() + longestMs;
    const times: number[] = [];
    let left = commands;
    const person = async (index: number): Promise<void> => {
      // People do not begin in step.
      if (pauseMs > 0) await systemClock.sleep((pauseMs * index) / connections);
      while (left > 0 && performance.now() < endMs) {
        left -= 1;
        times.push(await type(slackOf(app)));
        if (pauseMs > 0) await systemClock.sleep(pauseMs);
      }
    };
    await Promise.all(Array.from({ length: connections }, (_, index) => person(index)));
    return times;
  },
  async stop() {
    await open.slacks?.trivial.stop();
    await open.slacks?.recording.stop();
    await open.slacks?.world[Symbol.asyncDispose]();
  },
});

function slackOf(app: z.infer<typeof Load>["app"]): SlackSimulator {
  if (open.slacks === undefined) throw new TypeError("the simulated Slack was not started");
  return app === "product" ? open.slacks.world.slack : open.slacks[app];
}

async function type({ socket, url }: SlackSimulator): Promise<number> {
  lastCommand += 1;
  const payload = {
    token: "deprecated",
    team_id: slackDemoWorkspace.team.id,
    team_domain: slackDemoWorkspace.team.domain,
    channel_id: "C0DEPLOYS1",
    channel_name: "deploys",
    user_id: "U0ANA00001",
    user_name: "ana",
    // Refused in one sentence, which is recorded like everything else; nothing else happens because of it.
    command: "/promote",
    text: "nothing abc123 to prod",
    api_app_id: slackDemoWorkspace.app.appId,
    is_enterprise_install: "false",
    response_url: `${url}/commands/${lastCommand}`,
    trigger_id: `${lastCommand}.1.bench`,
  };
  const outcome = await socket.deliver({ type: "slash_commands", payload });
  if (outcome.status !== "acknowledged") throw new TypeError(`a command was not acknowledged: ${outcome.status}`);
  return outcome.afterMs;
}
