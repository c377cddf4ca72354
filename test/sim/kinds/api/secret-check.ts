import type { Call } from "./api-caller.ts";
import type { ApiRow } from "./api-log.ts";
import type { RunFollower } from "./run-follower.ts";
import type { TokenKeeper } from "./token-keeper.ts";

interface World {
  readonly rows: readonly ApiRow[];
  readonly calls: readonly Call[];
  readonly followers: readonly RunFollower[];
  readonly keeper: Pick<TokenKeeper, "secrets">;
}

/** Whatever only those may have who were given it: it is nowhere in the log, nor in any answer. */
export function secretFaults({ rows, calls, followers, keeper }: World): readonly string[] {
  const keys = calls.flatMap(({ wish }) => wish?.key ?? []);
  const secrets = [...new Set([...keeper.secrets.map(({ secret }) => secret), ...keys])];
  const isIn = (text: string): boolean => secrets.some((secret) => text.includes(secret));
  const answered = calls.flatMap(({ answer }) => answer?.text ?? []);
  const told = followers.flatMap(({ followings }) =>
    followings.flatMap((each) => each.told.map(({ data }) => JSON.stringify(data) ?? "")),
  );
  return [
    ...(rows.some(({ text }) => isIn(text)) ? ["a secret is in the log"] : []),
    ...([...answered, ...told].some(isIn) ? ["a secret is in an answer"] : []),
  ];
}
