import { describe, expect, it } from "vitest";

import { gatePlace } from "../../../src/domain/gate-place.ts";
import { askingEnvironment, namedEnvironment, runEnvironment } from "../../../src/domain/named-environment.ts";
import type { RunTarget } from "../../../src/domain/run-event.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { RULE } from "../../support/run-spec.ts";

const target = (environment: string, approval?: typeof RULE): RunTarget => ({
  service: "checkout",
  environment,
  app: `main/argocd/checkout-${environment}`,
  ...(approval && { approval }),
});

const rule: Json = JSON.parse(JSON.stringify(RULE));
const alone = { name: "prod", first: false, last: true };
const ofService = { ...alone, app: "main/argocd/checkout-prod", approval: rule };

describe("the environment that a run was asked for", () => {
  it("is the input that is one, whatever it is called and whatever stands beside it", () => {
    const service = { name: "checkout", environments: [ofService] };
    expect(namedEnvironment({ inputs: { service, note: "prod", fast: true, where: ofService } })).toEqual(ofService);
    expect(namedEnvironment({ inputs: { place: alone } })).toEqual(alone);
    expect(namedEnvironment({ inputs: { service, name: "prod", nothing: null, list: [alone] } })).toBeUndefined();
    expect(namedEnvironment({ inputs: { odd: { ...alone, more: 1 } } })).toBeUndefined();
  });

  it("says whose rule counts where no application is named: its own, or that of the last place that has one", () => {
    const targets = [target("staging"), target("qa", RULE), target("prod", { ...RULE, quorum: 2 })];
    expect(runEnvironment({ inputs: { place: ofService }, targets })).toEqual({
      name: "prod",
      service: "checkout",
      approval: RULE,
    });
    expect(runEnvironment({ inputs: {}, targets })).toMatchObject({ name: "prod", approval: { quorum: 2 } });
    expect(runEnvironment({ inputs: { place: alone }, targets: [] })).toEqual({
      name: "prod",
      service: "",
      approval: undefined,
    });
    expect(runEnvironment({ inputs: {}, targets: [target("staging")] })).toBeUndefined();
    expect(runEnvironment({ inputs: {}, targets: [] })).toBeUndefined();
  });

  it("asks for approval where any place of the run does, or itself", () => {
    expect(askingEnvironment({ inputs: {}, targets: [target("staging"), target("qa", RULE)] })?.name).toBe("qa");
    expect(askingEnvironment({ inputs: { place: { ...alone, approval: rule } }, targets: [] })?.name).toBe("prod");
    expect(askingEnvironment({ inputs: { place: alone }, targets: [] })).toBeUndefined();
    expect(askingEnvironment({ inputs: {}, targets: [] })).toBeUndefined();
  });
});

describe("where an approval is of something", () => {
  it("is as much of a place as there is", () => {
    expect(gatePlace({ service: "checkout", environment: "prod" })).toBe("checkout in prod");
    expect(gatePlace({ service: "", environment: "prod" }, (name) => `*${name}*`)).toBe("*prod*");
    expect(gatePlace({ service: "", environment: "" })).toBe("");
  });
});
