import { z } from "zod";

import type { HomeTab } from "../home-tab.ts";

/** What is read of the event that somebody opened the app. */
const HomeOpened = z.looseObject({
  team_id: z.string().default(""),
  event: z.looseObject({ user: z.string(), tab: z.string().optional() }),
});

/** Somebody has opened the app: its Home tab is drawn for them. Nothing is asked for by it, so nothing is recorded. */
export async function handleHomeOpened(home: Pick<HomeTab, "opened">, payload: unknown): Promise<void> {
  const parsed = HomeOpened.safeParse(payload);
  if (!parsed.success || parsed.data.event.tab === "messages") return;
  await home.opened({ team: parsed.data.team_id, user: parsed.data.event.user });
}
