import { z } from "zod";

import { type SlackControl, defineControl } from "./slack-control.ts";
import { SlackFaultRule } from "./slack-faults.ts";
import { type SlackOutageKind, startOutage } from "./slack-outage.ts";
import type { SlackSocketMode } from "./slack-socket-mode.ts";
import type { SlackWorld } from "./slack-world.ts";

const Nothing = z.strictObject({});
const Connection = z.strictObject({ id: z.string().exactOptional() });
const Switch = z.strictObject({ on: z.boolean() });
const Milliseconds = z.strictObject({ ms: z.number().min(0) });
const Refresh = z.strictObject({
  id: z.string().exactOptional(),
  reason: z.enum(["warning", "refresh_requested", "link_disabled", "too_many_websockets"]).exactOptional(),
  keepsRouting: z.boolean().exactOptional(),
  closesTcp: z.boolean().exactOptional(),
  closeAfterMs: z.number().exactOptional(),
});

/** Faults, outages, rate limits, tokens: what goes wrong between the app and the Web API. */
export function faultControls(slack: {
  readonly world: SlackWorld;
  readonly socket: SlackSocketMode;
}): Readonly<Record<string, SlackControl>> {
  const { world } = slack;
  let restore: (() => void) | undefined;
  const outage = (kind: SlackOutageKind, durationMs: number | undefined): void => {
    restore?.();
    const end = startOutage(slack, kind);
    restore = end;
    if (durationMs !== undefined) world.clock.setTimer(durationMs, end);
  };
  return {
    "add-fault": defineControl(SlackFaultRule, (rule) => void world.faults.add(rule)),
    "clear-faults": defineControl(Nothing, () => world.faults.clear()),
    outage: defineControl(
      z.strictObject({ kind: z.enum(["reset", "silence", "unavailable"]), durationMs: z.number().optional() }),
      (args) => outage(args.kind, args.durationMs),
    ),
    "end-outage": defineControl(Nothing, () => restore?.()),
    // JSON has no Infinity: null means no limits.
    "set-rate-limit-multiplier": defineControl(
      z.strictObject({ multiplier: z.number().positive().nullable() }),
      (args) => {
        world.rateLimits.multiplier = args.multiplier ?? Infinity;
      },
    ),
    "refuse-token": defineControl(
      z.strictObject({ token: z.enum(["bot", "app"]), error: z.string().nullable() }),
      (args) => world.tokens.refuse(args.token, args.error ?? undefined),
    ),
    "clear-journal": defineControl(Nothing, () => world.journal.clear()),
  };
}

/** What goes wrong on the sockets. */
export function socketControls(socket: SlackSocketMode): Readonly<Record<string, SlackControl>> {
  return {
    "refresh-connection": defineControl(Refresh, (args) => socket.refresh(args)),
    "kill-connection": defineControl(Connection, (args) => socket.kill(args.id)),
    "withhold-pongs": defineControl(Switch, (args) => socket.withholdPongs(args.on)),
    "refuse-upgrades": defineControl(Switch, (args) => {
      socket.refusesUpgrades = args.on;
    }),
    "duplicate-next": defineControl(z.strictObject({ times: z.number().int().min(1) }), (args) =>
      socket.duplicateNext(args.times),
    ),
    "hold-deliveries": defineControl(Nothing, () => socket.hold()),
    "release-deliveries": defineControl(z.strictObject({ order: z.enum(["in-order", "reversed"]) }), (args) =>
      socket.release(args.order),
    ),
    "delay-deliveries": defineControl(Milliseconds, (args) => {
      socket.delayMs = args.ms;
    }),
    "delay-acknowledgements": defineControl(Milliseconds, (args) => {
      socket.acknowledgementDelayMs = args.ms;
    }),
    "send-raw": defineControl(z.strictObject({ text: z.string(), binary: z.boolean().optional() }), (args) =>
      socket.sendRaw(args.binary === true ? Buffer.from(args.text) : args.text),
    ),
  };
}
