import type { SlackFault } from "./slack-faults.ts";
import type { SlackSocketMode } from "./slack-socket-mode.ts";
import type { SlackWorld } from "./slack-world.ts";

export type SlackOutageKind = "reset" | "silence" | "unavailable";

const FAULTS: Readonly<Record<SlackOutageKind, SlackFault>> = {
  reset: { kind: "reset", when: "before" },
  silence: { kind: "silence", when: "before" },
  unavailable: { kind: "status", status: 503 },
};

/** Takes the whole of Slack down: no call, no socket, no new connection. Returns the function that brings it back. */
export function startOutage(
  slack: { readonly world: SlackWorld; readonly socket: SlackSocketMode },
  kind: SlackOutageKind = "reset",
): () => void {
  const restore = slack.world.faults.add({ method: "*", fault: FAULTS[kind] });
  slack.socket.refusesUpgrades = true;
  slack.socket.kill();
  return () => {
    restore();
    slack.socket.refusesUpgrades = false;
  };
}
