import type { PlanEvidence } from "../domain/gate.ts";
import { html, type Html, NOTHING } from "./html.ts";

/** What a saved plan would do, as it was shown: every resource that it names. */
export function planShown(plan: PlanEvidence): Html {
  const { directory, workspace, add, change, destroy, replace, resources, otherResources } = plan;
  const more = otherResources === 0 ? NOTHING : html`<li class="soft">and ${otherResources} more</li>`;
  return html`<p>
      <strong>Plan:</strong> ${add} to add, ${change} to change, ${destroy} to destroy, of which ${replace} replaced;
      ${directory}, workspace ${workspace}
    </p>
    <ul>
      ${resources.map(
        ({ address, action, reason }) =>
          html`<li>${action} <code>${address}</code>${reason === undefined ? NOTHING : ` (${reason})`}</li>`,
      )}${more}
    </ul>
    ${list("Outputs that change", plan.outputs)} ${list("Changed outside of it", plan.drift, plan.otherDrift)}
    ${list("Since the plan that was shown before", plan.difference ?? [])}`;
}

function list(title: string, lines: readonly string[], others = 0): Html {
  if (lines.length === 0) return NOTHING;
  const more = others === 0 ? NOTHING : html`<li class="soft">and ${others} more</li>`;
  return html`<p><strong>${title}</strong></p>
    <ul>
      ${lines.map((line) => html`<li>${line}</li>`)}${more}
    </ul>`;
}
