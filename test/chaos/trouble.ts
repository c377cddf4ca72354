import { systemClock } from "../../src/platform/clock.ts";
import type { Arena } from "./arena.ts";

const EVERY_MS = 1500;

/** What goes wrong outside of the server all the time: answers that get lost, and people who use Argo CD beside us. */
export async function makeTrouble(arena: Arena, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    await systemClock.sleep(arena.fractions() * 2 * EVERY_MS, until).catch(() => undefined);
    if (until.aborted) return;
    await oneTrouble(arena);
  }
}

async function oneTrouble({ world, fractions }: Arena): Promise<void> {
  const { slack, argocd } = world.demo;
  const { faults } = slack.world;
  const [dice, other] = [fractions(), fractions()];
  const method = other < 0.5 ? "chat.postMessage" : "chat.update";
  if (dice < 0.3) faults.add({ method, fault: { kind: "reset", when: other < 0.25 ? "before" : "after" }, times: 1 });
  else if (dice < 0.45) faults.add({ method, fault: { kind: "cut" }, times: 1 });
  else if (dice < 0.8) {
    const kinds = ["reset-before", "reset-after", "truncated"] as const;
    const kind = kinds[Math.floor(other * kinds.length)] ?? "truncated";
    await argocd.control({ action: "add-fault", fault: { kind, matching: "^POST .*/sync", times: 1 } });
  } else if (dice < 0.9) await argocd.control({ action: "disturb-streams", effect: other < 0.5 ? "cut" : "silence" });
  else await syncBySomebodyElse(world, other);
}

/** Somebody syncs an application again at what is live there. */
async function syncBySomebodyElse({ demo, services }: Arena["world"], dice: number): Promise<void> {
  const names = services.flatMap((service) => [`${service}-staging`, `${service}-prod`]);
  const name = names[Math.floor(dice * names.length)];
  const live = demo.argocd.state().applications.find((application) => application.name === name)?.liveRevision;
  if (name === undefined || live === undefined || live === "") return;
  // Refused where an operation is in progress, as it would be for anybody.
  await demo.argocd.control({ action: "start-operation", application: name, revisions: [live] }).catch(() => undefined);
}
