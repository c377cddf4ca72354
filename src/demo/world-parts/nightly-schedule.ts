import { defineWorldPart } from "../world-part.ts";

const NAME = "nightly-drift";

/** Asks for the nightly report as a schedule does; a play says itself when something happens, so that it has none. */
export const nightlySchedule = defineWorldPart<undefined>({
  name: "nightly-schedule",
  open() {
    const schedule = { name: NAME, cron: "30 2 * * *", missed: "skip", start: { command: "nightly-drift" } };
    const configuration = {
      roles: { night: [{ schedule: NAME }] },
      grants: [{ role: "night", verbs: [NAME], services: "all", environments: "all" }],
      others: { schedules: [schedule] },
    };
    return Promise.resolve({ thing: undefined, configuration });
  },
});
