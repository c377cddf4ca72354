import type { Command } from "../commands/command.ts";
import type { Configuration } from "../config/configuration.ts";
import type { Fault } from "../config/fault.ts";
import type { Secrets } from "../config/secrets.ts";
import type { MachineDoor } from "../engine/machine-door.ts";
import type { Routes } from "../http/masked-routes.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { compileTriggers, type Trigger } from "../triggers/compile-triggers.ts";
import type { FetchText } from "../triggers/kinds/fetch-text-port.ts";
import { httpKinds } from "../triggers/kinds/http-kinds.ts";
import { kafkaKind } from "../triggers/kafka/kafka-kind.ts";
import { TriggerDesk } from "../triggers/trigger-desk.ts";
import type { RefusalTally } from "../triggers/refusal-tally.ts";
import type { TriggerKind } from "../triggers/trigger-kind.ts";
import { type DeliveryResult, triggerRoute } from "../triggers/trigger-routes.ts";
import type { Metrics } from "../web/metrics.ts";
import { openFetchText } from "./fetch-text.ts";
import { openKafka } from "./kafka.ts";
import type { LiveSettings } from "./live-settings.ts";

interface Deps {
  readonly live: LiveSettings;
  readonly machines: MachineDoor;
  readonly secrets: Pick<Secrets, "resolve">;
  readonly http: Routes;
  readonly metrics: Pick<Metrics, "delivered">;
  readonly refusals: Pick<RefusalTally, "note">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Every sender that there is. */
export function triggerKinds(fetchText: FetchText = askNobody): readonly TriggerKind[] {
  return [...httpKinds({ fetchText }), kafkaKind];
}

/** Where what is sent is only looked at, nobody is asked about it. */
const askNobody: FetchText = () =>
  Promise.resolve({ kind: "failed", isPassing: false, reason: "nobody is asked here" });

/** What is wrong with the triggers of a configuration; of what they start nothing is said while the commands are not known. */
export function triggerFaults(
  configuration: Configuration,
  commands: readonly Command[] | undefined,
): readonly Fault[] {
  if (configuration.triggers.length === 0 && !namesMachines(configuration)) return [];
  return compileTriggers(configuration, { kinds: triggerKinds(), commands }).faults;
}

function namesMachines({ roles }: Configuration): boolean {
  return Object.values(roles).some((members) => members.some(({ kind }) => kind === "machine"));
}

/** Opens the way in for what others send. What the configuration says is taken over when it is replaced. */
export function openTriggers(
  deps: Deps,
  resources: AsyncDisposableStack,
): { readonly desk: TriggerDesk; open(): void } {
  const { live, machines, secrets, http, metrics, refusals, clock, random, logger } = deps;
  const kinds = triggerKinds(openFetchText(resources));
  const compiled = (): ReadonlyMap<string, Trigger> => {
    const { triggers } = compileTriggers(live.configuration, { kinds, commands: live.commands });
    return new Map(triggers.map((trigger) => [trigger.machine.name, trigger]));
  };
  let current = compiled();
  const desk = new TriggerDesk({ machines, clock });
  const resolve: Secrets["resolve"] = (reference) => secrets.resolve(reference);
  const onDelivery = (result: DeliveryResult): void => metrics.delivered(result);
  const common = { desk, resolve, clock, logger, onDelivery };
  const kafka = openKafka({ ...common, triggers: () => current.values(), random }, resources);
  live.onReplaced(() => {
    current = compiled();
    kafka.refresh();
  });
  let isOpen = false;
  http.add(triggerRoute({ ...common, refusals, find: (name) => current.get(name), isOpen: () => isOpen }));
  const open = (): void => {
    isOpen = true;
    kafka.open();
  };
  return { desk, open };
}
