import { ForgeWebhooks, type WebhookTarget } from "../../simulator/forge-webhooks.ts";
import type { DemoWorld } from "../demo-world.ts";
import { defineWorldPart, type WorldPart } from "../world-part.ts";
import { forge, FORGE_REPOSITORY } from "./forge.ts";

const SECRET = "demo-webhook-secret-0001";
const TRIGGER = "ci-green";

/** The webhook of the shop's repository. What CI has tested on main is deployed to staging by it, and it may do nothing else. */
export const ciWebhook: WorldPart<ForgeWebhooks> = defineWorldPart({
  name: "ci-webhook",
  needs: [forge],
  open: ({ clock, world }) => {
    const { url } = forge.of(world);
    const thing = new ForgeWebhooks({ clock, project: forge.of(world).project(FORGE_REPOSITORY), url });
    return Promise.resolve({
      thing,
      configuration: {
        secrets: ["GITHUB_WEBHOOK"],
        roles: { ci: [{ trigger: TRIGGER }] },
        grants: [{ role: "ci", verbs: ["ci-deploy"], services: ["checkout", "web"], environments: ["staging"] }],
        others: {
          people: [{ slack: "U0ANA00001", emails: ["ana@example.com"] }],
          triggers: [
            {
              name: TRIGGER,
              from: "github",
              secret: "${{ secrets.GITHUB_WEBHOOK }}",
              start: [
                {
                  command: "ci-deploy",
                  when: '${{ event.kind == "workflow_run" && event.branch == "main" && event.conclusion == "success" }}',
                  inputs: { service: "checkout", revision: "${{ event.commit }}", environment: "staging" },
                },
              ],
            },
          ],
        },
      },
      environment: { GITHUB_WEBHOOK: SECRET },
    });
  },
});

/** Where the server takes what the webhook sends. */
export function webhookTarget({ environment }: Pick<DemoWorld, "environment">): WebhookTarget {
  return { url: `http://127.0.0.1:${environment["PORT"] ?? ""}/triggers/${TRIGGER}`, secret: SECRET };
}
