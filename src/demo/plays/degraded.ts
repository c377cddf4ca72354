import { finding } from "../finding.ts";
import { applicationOf, posted } from "../left-behind.ts";
import { OLGA } from "../people.ts";
import type { Play } from "../play.ts";

/** Prod falls ill at night, outside of any run: one alert, which names what is ill and follows it to its recovery. */
export const degraded: Play = {
  name: "degraded",
  summary: "an application falls ill outside of runs, and recovers",

  async tell(story) {
    await story.happens("The pods of web in prod begin to fail", ({ argocd }) =>
      argocd.control({ action: "set-pods", application: "web-prod", state: "degraded" }),
    );
    const alert = await story.post(/web in prod is Degraded/u);
    await story.type(OLGA, "/qd status web");
    await story.told(OLGA, /Degraded/u);
    await story.happens("They recover", ({ argocd }) =>
      argocd.control({ action: "set-pods", application: "web-prod", state: "ready" }),
    );
    await story.says(alert, /healthy again/u);
  },

  check(left) {
    const messages = posted(left);
    const [alert] = messages;
    return [
      finding("Argo CD: web-prod is Healthy", applicationOf(left, "web-prod").health === "Healthy"),
      finding(
        "Argo CD: nothing was synced",
        left.world.argocd.state().applications.every(({ deployments }) => deployments === 1),
      ),
      finding("Slack: one message tells all of it", messages.length === 1),
      finding(
        "Slack: it says that web is healthy again, and after how long",
        /healthy again after/u.test(alert?.text ?? ""),
      ),
      finding("Log: no run was started", left.runs.length === 0),
    ];
  },
};
