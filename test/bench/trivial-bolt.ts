import { App, LogLevel } from "@slack/bolt";
import { z } from "zod";

import { answerCalls } from "./bench-process.ts";
import { RawCommits } from "./raw-commit.ts";

const Start = z.object({
  botToken: z.string(),
  appToken: z.string(),
  apiUrl: z.string(),
  /** Where commands are recorded before they are acknowledged; nowhere when absent. */
  folder: z.string().optional(),
});

answerCalls({
  /** The app that Slack's own guide begins with: it acknowledges every command. */
  async start(argument) {
    const { botToken, appToken, apiUrl, folder } = Start.parse(argument);
    const commits = folder === undefined ? undefined : new RawCommits(folder);
    const clientOptions = { slackApiUrl: apiUrl };
    const app = new App({
      token: botToken,
      appToken,
      socketMode: true,
      clientOptions,
      installerOptions: { clientOptions },
      logLevel: LogLevel.ERROR,
    });
    app.command(/^\//u, async ({ ack }) => {
      commits?.run(1);
      await ack({ response_type: "ephemeral", text: "Looking into it." });
    });
    await app.start();
  },
});
