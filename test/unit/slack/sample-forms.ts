import type { CommandForms } from "../../../src/engine/command-form.ts";

/** The parts of a form that need nobody: a service, and prod once it is chosen. */
export const sampleForms: Pick<CommandForms, "state" | "values"> = {
  state: ({ service, environment }) => ({
    title: "Promote",
    fields: ["service", "revision", "environment"],
    service: service === undefined ? undefined : { value: service, label: service },
    environments: service === undefined ? [] : [{ value: "prod", label: "prod" }],
    environment,
  }),
  values: ({ service = "", revision = "", environment = "" }) => ({ service, revision, environment }),
};
