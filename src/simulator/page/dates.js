const ORDINALS = { one: "st", two: "nd", few: "rd", other: "th" };
const ordinal = new Intl.PluralRules("en", { type: "ordinal" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const PRETTY_DAYS = { "-1": "yesterday", 0: "today", 1: "tomorrow" };

/** The text of a date token such as `{date_short_pretty} at {time}`, in the zone of the person who looks. */
export function formatDate(seconds, format, nowMs) {
  const date = new Date(seconds * 1000);
  return format.replaceAll(/\{(\w+)\}/gu, (token, name) => formatToken(name, date, nowMs) ?? token);
}

function formatToken(name, date, nowMs) {
  const pretty = name.endsWith("_pretty");
  const bare = name.replace(/_pretty$/u, "");
  const day = pretty ? PRETTY_DAYS[daysBetween(date, new Date(nowMs))] : undefined;
  return day ?? FORMATS[bare]?.(date, nowMs);
}

const FORMATS = {
  date_num: (date) => [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-"),
  date_slash: (date) => [two(date.getMonth() + 1), two(date.getDate()), date.getFullYear()].join("/"),
  date: (date) => `${part(date, { month: "long" })} ${nth(date)}, ${date.getFullYear()}`,
  date_short: (date) => `${part(date, { month: "short" })} ${date.getDate()}, ${date.getFullYear()}`,
  date_long: (date) =>
    `${part(date, { weekday: "long" })}, ${part(date, { month: "long" })} ${nth(date)}, ${date.getFullYear()}`,
  date_long_full: (date) => FORMATS.date_long(date),
  day_divider: (date) => `${part(date, { weekday: "long" })}, ${part(date, { month: "long" })} ${nth(date)}`,
  time: (date) => clockTime(date),
  time_secs: (date) => `${clockTime(date)}:${two(date.getSeconds())}`,
  ago: (date, nowMs) => ago((date.getTime() - nowMs) / 1000),
};

/** `14:02`. */
export function clockTime(date) {
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `Today`, `Yesterday`, `Tuesday, August 11th`. */
export function dayName(date, nowMs) {
  const name = formatToken("day_divider_pretty", date, nowMs);
  return name[0].toUpperCase() + name.slice(1);
}

const STEPS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

function ago(seconds) {
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return relative.format(Math.round(seconds / size), unit);
}

function daysBetween(date, today) {
  return Math.round((midnight(date) - midnight(today)) / 86_400_000);
}

function midnight(moment) {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
}

function nth(date) {
  return `${date.getDate()}${ORDINALS[ordinal.select(date.getDate())]}`;
}

function part(date, options) {
  return new Intl.DateTimeFormat("en", options).format(date);
}

function two(number) {
  return String(number).padStart(2, "0");
}
