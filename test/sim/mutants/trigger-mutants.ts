import type { Mutant } from "./mutant.ts";

/** Bugs in what webhooks start: in believing, reading and deciding, in what is recorded, and in what is done once. */
export const triggerMutants: readonly Mutant[] = [
  {
    file: "triggers/trigger-desk.ts",
    what: "a delivery that is on record is dealt with again",
    find: "if (machines.recordedAt(key) !== undefined) return AGAIN;",
    replace: "",
  },
  {
    file: "triggers/trigger-desk.ts",
    what: "the same fact by another delivery starts again",
    find: "at - earlier < sameWithinMs",
    replace: "at - earlier < 0",
  },
  {
    file: "triggers/trigger-desk.ts",
    what: "the same fact is not known over the turn of a span",
    find: "(machines.recordedAt(own) ?? machines.recordedAt(`${fact}/${span - 1}`))",
    replace: "machines.recordedAt(own)",
  },
  {
    file: "triggers/trigger-desk.ts",
    what: "every delivery is another fact",
    find: "const fact = `${factKey(trigger, digest)}/${entry}`;",
    replace: "const fact = `${key}/${entry}`;",
  },
  {
    file: "triggers/trigger-desk.ts",
    what: "what is different is the same fact",
    find: "same/${digest}`",
    replace: "same`",
  },
  {
    file: "triggers/trigger-desk.ts",
    what: "the sender is answered before anything is recorded",
    find: "const [isNew] = await Promise.all([",
    replace: "const [isNew] = [true]; void Promise.all([",
  },
  {
    file: "triggers/trigger-desk.ts",
    what: "the delivery itself is not recorded",
    find: "machines.note(key, { machine, reason, asks, failed, ...cause }),",
    replace: "true,",
  },
  {
    file: "triggers/trigger-desk.ts",
    what: "two that tell the same at one moment are both told that they asked for it",
    find: "for (const each of keys) this.#underWay.set(each, work);",
    replace: "",
  },
  {
    file: "triggers/decide-starts.ts",
    what: "what is from the future starts something",
    find: "if (happenedAt > at + FUTURE_MS)",
    replace: "if (happenedAt > at + 100 * FUTURE_MS)",
  },
  {
    file: "triggers/decide-starts.ts",
    what: "what is old starts something",
    find: "if (happenedAt < at - oldestMs)",
    replace: "if (happenedAt < at - 100 * oldestMs)",
  },
  {
    file: "triggers/decide-starts.ts",
    what: "a condition that does not hold is not asked",
    find: "when !== undefined && !evaluateCondition(when, scope)",
    replace: "when !== undefined && false",
  },
  {
    file: "triggers/trigger-routes.ts",
    what: "whoever is not believed is read",
    find: "return reason === undefined ? await take(deps, trigger, delivery) : refuse(trigger, reason);",
    replace: "return await take(deps, trigger, delivery);",
  },
  {
    file: "intake/intake.ts",
    what: "what a process left is not taken up",
    find: "for (let lane = 0; lane < TAKEN_UP_AT_ONCE; lane += 1) void this.#takeUp(next);",
    replace: "",
  },
  {
    file: "intake/intake.ts",
    what: "it is begun and not recorded",
    find: "if (!(await events.recordIntent(intent))) return { isNew: false, answered: false, outcome: NOTHING };",
    replace: "",
  },
  {
    file: "intake/machine-intake.ts",
    what: "nothing is ever on record",
    find: "return this.#deps.events.intentResult(key)?.at;",
    replace: "return undefined;",
  },
];
