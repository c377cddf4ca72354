import { AppError } from "../../../../src/platform/errors.ts";
import { silentLogger } from "../../../../src/platform/logger.ts";
import { compileTriggers } from "../../../../src/triggers/compile-triggers.ts";
import { githubKind } from "../../../../src/triggers/kinds/github.ts";
import { TriggerDesk } from "../../../../src/triggers/trigger-desk.ts";
import { triggerRoute } from "../../../../src/triggers/trigger-routes.ts";
import type { HttpRoute } from "../../../../src/http/http-route.ts";
import { storedEvent } from "../../../../src/store/log-reader.ts";
import { rightConfiguration } from "../../../support/configured.ts";
import { settle } from "../../../support/fake-clock.ts";
import { IntakeRig } from "../../../support/intake-rig.ts";
import { Dice } from "../../dice.ts";
import { type LogLine, triggerFaults } from "./trigger-check.ts";
import { SECRET, TriggerSender } from "./trigger-sender.ts";

const STEPS = 40;
const MINUTE = 60_000;
const LIMITS = { sameWithinMs: 5 * MINUTE, oldestMs: 60 * MINUTE, futureMs: 5 * MINUTE };

const CONFIGURATION = `${rightConfiguration}
triggers:
  - name: green
    from: github
    secret: \${{ secrets.HOOK }}
    same-within: 5m
    oldest: 1h
    start:
      - command: told
        when: \${{ event.kind == "workflow_run" && event.conclusion == "success" }}
        inputs: { number: "\${{ event.run }}" }
`
  .replace("roles:\n", "roles:\n  ci: [{ trigger: green }]\n")
  .replace("grants:\n", "grants:\n  - { role: ci, verbs: [told], services: all, environments: all }\n")
  .replace("secrets:\n", "secrets:\n  HOOK: { env: HOOK }\n");

const COMMAND = `name: Told
summary: What was told
on: { slash: /qd told <number> }
inputs: { number: { type: string } }
steps:
  - { id: pause, uses: delay, with: { for: 1s } }
`;

/** Plays one seed: webhooks that are sent again, doubled, forged, late and early, to a server that is killed over them. */
export async function playTriggers(seed: string): Promise<readonly string[]> {
  const dice = new Dice(`triggers/${seed}`);
  await using rig = await IntakeRig.open([], CONFIGURATION, { told: COMMAND });
  const sender = new TriggerSender(dice.fork("sender"));
  const play = { rig, sender, dice: dice.fork("acts") };
  for (let step = 0; step < STEPS; step += 1) {
    await act(play);
    await rig.clock.advance(play.dice.pick([0, 200, 2000, 30_000, MINUTE, 4 * MINUTE, LIMITS.sameWithinMs]));
    const faults = faultsOf(play, false);
    if (faults.length > 0) return faults;
  }
  await rig.crash();
  for (let turn = 0; turn < 10; turn += 1) await rig.clock.advance(1000);
  return faultsOf(play, true);
}

interface Play {
  readonly rig: IntakeRig;
  readonly sender: TriggerSender;
  readonly dice: Dice;
}

async function act(play: Play): Promise<void> {
  const { rig, sender, dice } = play;
  const roll = dice.fraction();
  const now = rig.clock.now();
  if (roll < 0.08) return await rig.crash();
  if (roll < 0.2) return await deliver(play, sender.tellAnew());
  if (roll < 0.32) return await deliver(play, sender.again());
  if (roll < 0.4) return await deliver(play, sender.happen(now), { isTrue: false });
  if (roll < 0.46) return await deliver(play, sender.happen(now, dice.pick([6, 4, -59, -61, -3000]) * MINUTE));
  if (roll < 0.58) {
    const delivery = sender.happen(now);
    const other = dice.chance(0.5) ? delivery : sender.tellAnew();
    await Promise.all([deliver(play, delivery), deliver(play, other)]);
    return;
  }
  await deliver(play, sender.happen(now));
}

/** Sends it until it is acknowledged, as those do who send again; the server may die over it, and the answer may be lost. */
async function deliver(
  { rig, sender, dice }: Play,
  delivery: ReturnType<TriggerSender["again"]>,
  { isTrue = true }: { readonly isTrue?: boolean } = {},
): Promise<void> {
  if (delivery === undefined) return;
  const killAfter = dice.chance(0.15) ? dice.below(6) : undefined;
  const isLost = dice.chance(0.1);
  const sent = sender.send(routeOf(rig), delivery, { at: rig.clock.now(), isTrue });
  if (killAfter !== undefined) await die(rig, killAfter);
  await Promise.race([sent, settle()]);
  const last = sender.sendings.findLast((one) => one.delivery === delivery.id);
  if (isTrue && (isLost || last?.status === undefined || last.status === 503)) {
    await rig.up;
    await sender.send(routeOf(rig), delivery, { at: rig.clock.now(), isTrue });
  }
}

/** The server is killed so many turns from now, unless something else has killed it by then. */
async function die(rig: IntakeRig, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  if (!rig.isDown) await rig.crash();
}

/** The way in, as a process that has just started has it. */
function routeOf(rig: IntakeRig): HttpRoute {
  const { triggers, faults } = compileTriggers(rig.configuration, { kinds: [githubKind], commands: rig.commands });
  if (faults.length > 0) throw new AppError(JSON.stringify(faults), { code: "configuration.invalid" });
  return triggerRoute({
    find: (name) => triggers.find(({ machine }) => machine.name === name),
    desk: deskOf(rig),
    isOpen: () => true,
    resolve: () => SECRET,
    clock: rig.clock,
    logger: silentLogger,
  });
}

// Each process has one, and a dead one never answers.
const desks = new WeakMap<IntakeRig["process"], TriggerDesk>();

function deskOf(rig: IntakeRig): TriggerDesk {
  const known = desks.get(rig.process);
  if (known !== undefined) return known;
  const fresh = new TriggerDesk({ machines: rig.machines, clock: rig.clock });
  desks.set(rig.process, fresh);
  return fresh;
}

function faultsOf({ rig, sender }: Play, isOver: boolean): readonly string[] {
  const lines = Array.from(rig.store.log.rows(), (row): LogLine => {
    return { stream: row.stream, type: row.type, at: row.at, payload: storedEvent(row) };
  });
  return triggerFaults(lines, sender.sendings, { limits: LIMITS, isOver });
}
