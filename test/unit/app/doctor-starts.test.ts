import { describe, expect, it } from "vitest";

import { startFindings } from "../../../src/app/doctor-starts.ts";
import { configured, rightConfiguration } from "../../support/configured.ts";
import { IntakeRig } from "../../support/intake-rig.ts";

interface Written {
  readonly grants?: string;
  readonly inputs?: string;
  readonly more?: string;
}

const WIDE = "{ role: ci, verbs: [promote], services: all, environments: all }";
const INPUTS = 'service: "${{ event.repository }}", revision: "${{ event.commit }}", environment: staging';

/** What is said of a trigger and of a schedule that ask for the same. */
async function said({ grants = WIDE, inputs = INPUTS, more = "" }: Written): Promise<readonly string[]> {
  const text = `${rightConfiguration}
triggers:
  - { name: green, from: github, secret: "\${{ secrets.ARGOCD_TOKEN }}", start: [{ command: promote, inputs: { ${inputs} } }] }
schedules:
  - { name: nightly, cron: "@daily", start: { command: promote, inputs: { ${inputs} } } }
${more}`
    .replace("roles:\n", "roles:\n  ci: [{ trigger: green }, { schedule: nightly }]\n")
    .replace("grants:\n", `grants:\n  - ${grants}\n`);
  await using rig = await IntakeRig.open([]);
  const findings = startFindings({ configuration: configured(text), commands: rig.commands });
  expect(findings.map(({ level }) => level)).toEqual(findings.map(() => "warning"));
  return findings.map(({ subject, what }) => `${subject}: ${what}`);
}

describe("the doctor, of triggers and schedules", () => {
  it("says nothing where they may start something", async () => {
    expect(await said({})).toEqual([]);
    expect(
      await said({ grants: "{ role: ci, verbs: [promote], services: [payments], environments: [staging] }" }),
    ).toEqual([]);
  });

  it("warns where no grant of their role covers what they ask for", async () => {
    const verb = await said({ grants: "{ role: ci, verbs: [rollback], services: all, environments: all }" });
    expect(verb).toEqual([
      expect.stringMatching(/^trigger green: it can never start promote: .*its role ci has no grant/u),
      expect.stringMatching(/^schedule nightly: it can never start promote: .*its role ci has no grant/u),
    ]);
    expect(await said({ grants: "{ role: ci, verbs: [promote], services: all, environments: [qa] }" })).toHaveLength(2);
    const literal = INPUTS.replace('"${{ event.repository }}"', "checkout");
    const others = "{ role: ci, verbs: [promote], services: [payments], environments: all }";
    expect(await said({ grants: others, inputs: literal })).toHaveLength(2);
  });

  it("asks for every environment on the way", async () => {
    const inputs = INPUTS.replace("staging", "prod");
    expect(
      await said({ grants: "{ role: ci, verbs: [promote], services: all, environments: [prod] }", inputs }),
    ).toHaveLength(2);
  });

  it("warns where the service has no such environment", async () => {
    const inputs = INPUTS.replace('"${{ event.repository }}"', "checkout").replace("staging", "qa");
    expect((await said({ inputs }))[0]).toMatch(/checkout.*qa/u);
  });

  it("takes for services what grants name, where they are discovered", async () => {
    const more = "discovery: {}\n";
    const own = "{ role: ci, verbs: [promote], services: [web], environments: [staging] }";
    expect(await said({ grants: own, more })).toEqual([]);
    expect(await said({ grants: own.replace("promote", "rollback"), more })).toHaveLength(2);
  });
});
