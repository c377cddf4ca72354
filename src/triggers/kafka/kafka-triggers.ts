import type { SecretReference } from "../../config/field-schemas.ts";
import { digestOf } from "../../platform/canonical-json.ts";
import type { Clock } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import type { Random } from "../../platform/ids.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Trigger } from "../compile-triggers.ts";
import type { TriggerDesk } from "../trigger-desk.ts";
import { type DeliveryResult, resultOf } from "../trigger-routes.ts";
import { kafkaKind } from "./kafka-kind.ts";
import { readMessage } from "./kafka-message.ts";
import { KafkaReader } from "./kafka-reader.ts";
import { KafkaSettings } from "./kafka-settings.ts";
import type { KafkaMessage, KafkaSource } from "./kafka-source.ts";

export interface KafkaTriggersDeps {
  /** As the configuration says now. */
  readonly triggers: () => Iterable<Trigger>;
  readonly desk: Pick<TriggerDesk, "take">;
  /** Joins a group; rejects when no broker can be reached. */
  readonly open: (wanted: {
    readonly settings: KafkaSettings;
    readonly password: string | undefined;
    readonly signal: AbortSignal;
  }) => Promise<KafkaSource>;
  /** Throws `secret.unresolved`. */
  readonly resolve: (reference: SecretReference) => string;
  /** Told of what each message came to. */
  readonly onDelivery?: ((result: DeliveryResult) => void) | undefined;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
  readonly logger: Logger;
}

/** Reads the topics of all triggers from Kafka, each as a member of its group. */
export class KafkaTriggers implements AsyncDisposable {
  readonly #deps: KafkaTriggersDeps;
  /** By all that is needed to read: what is started may change without that. */
  readonly #readers = new Map<string, KafkaReader>();
  #changing: Promise<void> = Promise.resolve();
  #isDisposed = false;

  constructor(deps: KafkaTriggersDeps) {
    this.#deps = deps;
  }

  /** Reads what is configured now, and no longer what is not. Resolves when it is so. */
  refresh(): Promise<void> {
    this.#changing = this.#changing.then(() => this.#refresh());
    return this.#changing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.refresh();
  }

  async #refresh(): Promise<void> {
    const wanted = new Map(this.#isDisposed ? [] : this.#wanted());
    const old = [...this.#readers].filter(([key]) => !wanted.has(key));
    for (const [key] of old) this.#readers.delete(key);
    // They leave their groups before others join.
    await Promise.all(old.map(([, reader]) => reader[Symbol.asyncDispose]()));
    for (const [key, { name, settings, secrets }] of wanted) {
      if (this.#readers.has(key)) continue;
      const reader = this.#reader(name, { settings, secrets });
      this.#readers.set(key, reader);
      reader.start();
    }
  }

  #wanted() {
    const { triggers } = this.#deps;
    return Array.from(triggers()).flatMap(({ kind, machine: { name }, settings: raw, secrets }) => {
      if (kind.name !== kafkaKind.name) return [];
      const settings = KafkaSettings.parse(raw);
      return [[digestOf([name, settings, secrets]), { name, settings, secrets }] as const];
    });
  }

  #reader(name: string, { settings, secrets }: Pick<Trigger, "secrets"> & { readonly settings: KafkaSettings }) {
    const { open, resolve, clock, random, logger } = this.#deps;
    let tries = 0;
    return new KafkaReader({
      open: (signal) => {
        // Of several secrets the next one is tried each time: one of them is right while the password is being replaced.
        const reference = secrets[tries % Math.max(1, secrets.length)];
        tries += 1;
        return open({ settings, password: reference && resolve(reference), signal });
      },
      take: (message) => this.#take(name, message),
      clock,
      random,
      logger: logger.with({ trigger: name }),
    });
  }

  async #take(name: string, message: KafkaMessage): Promise<void> {
    const { triggers, desk } = this.#deps;
    const trigger = Array.from(triggers()).find(({ machine }) => machine.name === name);
    if (trigger === undefined) throw new AppError(`the trigger ${name} is gone`, { code: "trigger.gone" });
    const told = readMessage(message, KafkaSettings.parse(trigger.settings));
    this.#deps.onDelivery?.(resultOf(await desk.take(trigger, told)));
  }
}
