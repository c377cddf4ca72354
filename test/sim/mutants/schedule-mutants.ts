import type { Mutant } from "./mutant.ts";

/** Bugs in what schedules start: in what is recorded when, in what was missed, and in what a clock that is set comes to. */
export const scheduleMutants: readonly Mutant[] = [
  {
    file: "triggers/schedule/schedules.ts",
    what: "it is noted as dealt with before it is asked for",
    find: "      await this.#ask(plan, occurrence);",
    replace:
      '      await this.#record({ type: "schedule.asked", at: clock.now(), schedule: name, occurrence: occurrence.atMs }); await this.#ask(plan, occurrence);',
  },
  {
    file: "triggers/schedule/occurrence-event.ts",
    what: "one moment has as many keys as there are attempts",
    find: "return `schedule/${schedule}/",
    replace: "return `schedule/${schedule}/${String(Math.random())}/",
  },
  {
    file: "triggers/schedule/schedules.ts",
    what: "a start knows nothing of what was before it",
    find: "this.#cursors = new Map(cursors);\n    }",
    replace: "this.#cursors = new Map();\n    }",
  },
  {
    file: "triggers/schedule/due-occurrences.ts",
    what: "the oldest that was missed is made up for",
    find: "const madeUp = late.slice(0, mostMadeUp).toReversed();",
    replace: "const madeUp = late.slice(late.length - Math.min(mostMadeUp, late.length)).toReversed();",
  },
  {
    file: "triggers/schedule/due-occurrences.ts",
    what: "what is to be left out is made up for",
    find: 'return missed === "last" && onTime === 0 ? 1 : 0;',
    replace: "return onTime === 0 ? 1 : 0;",
  },
  {
    file: "triggers/schedule/due-occurrences.ts",
    what: "what was missed is forgotten",
    find: 'if (missed === "all") return MOST_MADE_UP;',
    replace: 'if (missed === "all") return 1;',
  },
  {
    file: "triggers/schedule/schedule-plan.ts",
    what: "a clock that is set back is not noticed",
    find: "cursor.untilMs > nowMs + SET_BACK_MS",
    replace: "cursor.untilMs > nowMs * 2",
  },
  {
    file: "triggers/schedule/schedule-plan.ts",
    what: "a schedule that is put back makes up for when it was not there",
    find: "untilMs: isSame ? nowMs - LOOK_MS : nowMs });",
    replace: "untilMs: nowMs - 3_600_000 });",
  },
];
