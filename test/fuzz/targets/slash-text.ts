import { loadCommands, readCommandFolder } from "../../../src/commands/load-commands.ts";
import { matchCommand, mismatchText } from "../../../src/commands/match-command.ts";
import { quoteToken, readSlashText, type TextReading } from "../../../src/commands/slash-text.ts";
import { testCatalogue } from "../../unit/commands/test-catalogue.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const FOLDER = new URL("../../../commands", import.meta.url).pathname;
const { commands } = loadCommands(await readCommandFolder(FOLDER), { catalogue: testCatalogue, slashNames: {} });

/** Slack's three special characters. */
function asSlackSends(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** What people type: read, matched with the shipped commands, and explained when it fits none. The first line is the slash. */
export const target: FuzzTarget = {
  seeds: [
    "/promote\ncheckout abc1234 to prod",
    "/promote\ncheckout main to staging --again",
    "/promote\n\u201Ccheckout\u201D v1.2.3 to prod --reason \u201Cit is time\u201D",
    "/promote\nhelp",
    "/promote\n",
    "/rollback\ncheckout prod",
    "/rollback\ncheckout prod to abc1234",
    "/qd\nstatus",
    "/qd\nlock checkout prod because the database is being moved for 2h",
    "/qd\nunlock checkout prod",
    "/qd\nplan promote checkout abc1234 to prod",
    "/qd\nwho checkout",
    "/qd\nhistory --by <@U0ANA00001|ana>",
    "/qd\nretry run_7FQ2",
    "/qd\nwhere <https://web.io|web.io>",
    "/qd\nsync checkout staging \u2014again",
    "/qd\nrolback checkout prod",
  ],
  words: [
    "promote",
    "to",
    "checkout",
    "prod",
    "for",
    "because",
    "--again",
    "--reason",
    "--reason=",
    "2h",
    "30 m",
    "<@U0ANA00001|ana>",
    "help",
    " ",
  ],
  // Twice of what is read at all.
  longest: 6000,
  run(input) {
    const line = input.indexOf("\n");
    const slash = line === -1 ? "/promote" : input.slice(0, line);
    const text = input.slice(line + 1);
    const reading = readSlashText(text);
    mustHavePlaces(reading);
    mustBeQuotable(reading);
    const match = matchCommand(commands, { slash, text });
    return match.kind === "mismatch" ? mismatchText(match) : match;
  },
};

function mustHavePlaces(reading: TextReading): void {
  for (const { offset, length } of reading.ok ? reading.tokens : [reading.mistake]) {
    must(offset >= 0 && length > 0 && offset <= reading.text.length, "a place lies in the text");
  }
}

function mustBeQuotable(reading: TextReading): void {
  for (const { value } of reading.ok ? reading.tokens : []) {
    if (value.length > 500) continue;
    const again = readSlashText(asSlackSends(quoteToken(value)));
    const isSame = again.ok && again.tokens.length <= 1 && (again.tokens[0]?.value ?? "") === value;
    must(isSame, "a quoted token is read as it was");
  }
}
