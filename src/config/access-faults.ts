import type { Configuration } from "./configuration.ts";
import { type Fault, repeated, unknownName } from "./fault.ts";

/** What is wrong with people, roles and grants, taken together with services and environments. */
export function accessFaults(configuration: Configuration): readonly Fault[] {
  return [...sharedIdentities(configuration), ...grantFaults(configuration)];
}

function sharedIdentities(configuration: Configuration): readonly Fault[] {
  const accounts = configuration.people.flatMap(({ slack, emails }, index) => [
    ...slack.map((user) => ({ key: user, entry: { index, field: "slack" } })),
    ...emails.map((email) => ({ key: email, entry: { index, field: "emails" } })),
  ]);
  return repeated(accounts).map(({ key, entry, first }): Fault => {
    const message = `"${key}" stands in entry ${first.index + 1} of \`people\` already; one entry holds everything about one person`;
    return { path: ["people", entry.index, entry.field], part: "value", message };
  });
}

function grantFaults(configuration: Configuration): readonly Fault[] {
  const { services, environments, roles } = configuration;
  const known = {
    services: { what: "service", names: services.map(({ name }) => name) },
    environments: { what: "environment", names: environments.map(({ name }) => name) },
  };
  return configuration.grants.flatMap((grant, index) => {
    const faults: Fault[] = [];
    if (!Object.hasOwn(roles, grant.role)) {
      const message = unknownName("role", grant.role, Object.keys(roles));
      faults.push({ path: ["grants", index, "role"], part: "value", message });
    }
    for (const section of ["services", "environments"] as const) {
      const { what, names } = known[section];
      const selected = grant[section];
      if (selected === "all") continue;
      for (const [place, name] of selected.entries()) {
        // Which services there are beside the configured ones is only known while the program runs.
        if (names.includes(name) || (section === "services" && configuration.discovery !== undefined)) continue;
        const path = ["grants", index, section, place];
        faults.push({ path, part: "value", message: unknownName(what, name, names) });
      }
    }
    return faults;
  });
}
