import { describe, expect, it } from "vitest";

import { terraformSettings } from "../../../../src/steps/terraform/terraform-settings.ts";

describe("what a machine allows for Terraform", () => {
  it("is no directory of its own unless it says so", () => {
    expect(terraformSettings({ PATH: "/bin" })).toEqual({ roots: [] });
  });

  it("is read from its environment", () => {
    expect(
      terraformSettings({
        QUARTERDECK_TERRAFORM_ROOTS: "/srv/infra:/srv/more",
        QUARTERDECK_TERRAFORM_PLUGIN_CACHE: "/var/cache/terraform",
        QUARTERDECK_TERRAFORM_CLI_CONFIG: "/etc/terraform.rc",
      }),
    ).toEqual({
      roots: ["/srv/infra", "/srv/more"],
      pluginCache: "/var/cache/terraform",
      cliConfig: "/etc/terraform.rc",
    });
  });

  it("is refused where a path is not absolute", () => {
    expect(() => terraformSettings({ QUARTERDECK_TERRAFORM_ROOTS: "infra" })).toThrow(/"infra" is none/u);
  });
});
