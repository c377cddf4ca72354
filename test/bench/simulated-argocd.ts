import { z } from "zod";

import { systemClock } from "../../src/platform/clock.ts";
import { type ArgocdSimulator, startArgocdSimulator } from "../../src/simulator/argocd-simulator.ts";
import { ControlCommand } from "../../src/simulator/argocd-control-command.ts";
import { createSelfSignedCertificate } from "../support/self-signed-certificate.ts";
import { ACCOUNTS, applicationNames, liveApplication, OneFolder } from "./bench-applications.ts";
import { answerCalls } from "./bench-process.ts";

const World = z.object({ applications: z.number(), settings: z.number() });

// A cluster in which nothing takes long: only what the watcher makes of it is of interest.
const SPEED = 20;

let simulator: ArgocdSimulator | undefined;

answerCalls({
  async start(argument) {
    const { applications, settings } = World.parse(argument);
    const tls = createSelfSignedCertificate("argocd.bench");
    simulator = await startArgocdSimulator({
      clock: systemClock,
      speed: SPEED,
      gitRepositories: new OneFolder(settings),
      applications: applicationNames(applications).map(liveApplication),
      accounts: ACCOUNTS,
      tls,
    });
    return { url: simulator.url, ca: tls.cert };
  },
  async control(argument) {
    await simulator?.control(ControlCommand.parse(argument));
  },
});
