import { z } from "zod";

import { ArgocdClient } from "../../src/argocd/argocd-client.ts";
import { ArgocdHttp } from "../../src/argocd/argocd-http.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { applicationNames, NAMESPACE, TOKEN } from "./bench-applications.ts";
import { answerCalls, cpuMs } from "./bench-process.ts";

const Start = z.object({
  url: z.string(),
  ca: z.string(),
  applications: z.number(),
  everyMs: z.number(),
  together: z.boolean(),
});

answerCalls({
  /**
   * Reads every application again and again: all of them together, which wakes the process least often, or evenly spread, as
   * waits do that were started at different times.
   */
  start(argument) {
    const { url, ca, applications, everyMs, together } = Start.parse(argument);
    const http = new ArgocdHttp({ url, ca, token: TOKEN, clock: systemClock, mayWrite: () => true });
    const client = new ArgocdClient({ http, clock: systemClock, random: systemRandom });
    const names = applicationNames(applications);
    const poll = async (name: string): Promise<void> => {
      await client.getApplication({ namespace: NAMESPACE, name });
    };
    for (const [index, name] of names.entries()) {
      setTimeout(() => setInterval(() => void poll(name), everyMs), together ? 0 : (index * everyMs) / names.length);
    }
  },
  usage: () => ({ cpuMs: cpuMs() }),
});
