import type { InstanceSecret } from "../config/instance-secret.ts";
import type { ChannelKeys } from "../dispatch/envelope.ts";

// Actions wait for answers of others most of the time; more at once than this would only queue at Argo CD.
export const ACTIONS_AT_ONCE = 50;
/** How long an action that must not be interrupted may still take when its process is told to end, unless that is configured. */
export const SHUTDOWN_GRACE_MS = 10_000;

/** The keys of each secret with which servers and workers know one another, newest first. */
export function channelKeys(secret: InstanceSecret): readonly ChannelKeys[] {
  const [reports, answers] = [secret.keys("report"), secret.keys("answer")];
  return secret.keys("job").flatMap((job, index) => {
    const [report, answer] = [reports[index], answers[index]];
    return report === undefined || answer === undefined ? [] : [{ job, report, answer }];
  });
}
