// The app that Slack's own guide begins with: it acknowledges one command. In plain JavaScript, as it needs nothing else.
import { App, LogLevel } from "@slack/bolt";

const clientOptions = { slackApiUrl: process.env.SLACK_API_URL };
const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  clientOptions,
  installerOptions: { clientOptions },
  logLevel: LogLevel.ERROR,
});
app.command("/hello", async ({ ack }) => await ack("Hello."));
await app.start();
console.log("ready");
