/** Times and dates as an Indonesian reader expects them, in the zone of this device. */

const CLOCK = new Intl.DateTimeFormat("id", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("id", { weekday: "long", day: "numeric", month: "long" });
const DAY_YEAR = new Intl.DateTimeFormat("id", { day: "numeric", month: "long", year: "numeric" });
const SHORT = new Intl.DateTimeFormat("id", { day: "numeric", month: "short" });

const moment = (seconds) => new Date(seconds * 1000);

/** "14.05" */
export const clock = (seconds) => CLOCK.format(moment(seconds));

/** Two moments of one calendar day give the same key. */
export const dayKey = (seconds) => moment(seconds).toDateString();

/** "Hari ini", "Kemarin", "Senin, 23 November" or, in another year, "23 November 2025". */
export function dayName(seconds, now = new Date()) {
  const day = moment(seconds);
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (day.toDateString() === now.toDateString()) return "Hari ini";
  if (day.toDateString() === yesterday.toDateString()) return "Kemarin";
  return (day.getFullYear() === now.getFullYear() ? DAY : DAY_YEAR).format(day);
}

/** For the list: the time today, the date before. */
export function shortTime(seconds, now = new Date()) {
  const today = moment(seconds).toDateString() === now.toDateString();
  return today ? clock(seconds) : SHORT.format(moment(seconds));
}
