/** The scrolling list of one chat: day separators, bubbles, and staying at the newest message. */

import { bubble } from "./bubble.js";
import { el, part } from "./dom.js";
import { dayKey, dayName } from "./time.js";

const SHOWN = 200; // messages on the screen before "older messages" is pressed
const RUN_SECONDS = 600; // messages of one side closer than this stand together
const NEAR = 80; // pixels from the end that still count as reading the newest message

/** Message list of a panel. Elements of unchanged messages stay, so sound goes on playing. */
export class History {
  #list;
  #scroll;
  #toEnd;
  #count;
  #actions;
  #rows = new Map();
  #limit = SHOWN;
  #messages = [];
  #intro = [];
  #unseen = 0;
  #atEnd = true;
  #top = 0;

  constructor(panel, actions) {
    this.#list = part(panel, "list");
    this.#scroll = part(panel, "scroll");
    this.#toEnd = part(panel, "to-end");
    this.#count = part(panel, "new-count");
    this.#actions = actions;
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#toEnd.addEventListener("click", () => this.toEnd());
    const keepEnd = new ResizeObserver(() => this.#atEnd && this.toEnd());
    keepEnd.observe(this.#list);
    keepEnd.observe(this.#scroll);
  }

  /** Forget the chat on the screen: another person is shown. */
  reset() {
    this.#rows.clear();
    this.#list.replaceChildren();
    this.#messages = [];
    this.#limit = SHOWN;
    this.#atEnd = true;
    this.#unseen = 0;
  }

  /** Show these messages under the introduction. */
  show(messages, intro) {
    const grown = messages.length - this.#messages.length;
    this.#messages = [...messages];
    this.#intro = intro;
    if (messages.at(-1)?.mine && grown > 0) this.#atEnd = true;
    this.#render();
    this.#unseen = this.#atEnd ? 0 : this.#unseen + Math.max(grown, 0);
    if (this.#atEnd) this.toEnd();
    this.#showButton();
  }

  /** Go to the newest message. */
  toEnd() {
    this.#atEnd = true;
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#unseen = 0;
    this.#showButton();
  }

  /** Go to one message and point it out. */
  jump(messageId) {
    const row = this.#list.querySelector(`[data-message-id="${messageId}"]`);
    if (!row) return;
    this.#atEnd = false;
    row.scrollIntoView({ block: "center" });
    row.classList.remove("found");
    requestAnimationFrame(() => row.classList.add("found"));
  }

  /** Only going up leaves the end: a picture that loads late makes the list longer, too. */
  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    const near = scrollHeight - scrollTop - clientHeight < NEAR;
    this.#atEnd = near || (this.#atEnd && scrollTop >= this.#top);
    this.#top = scrollTop;
    if (this.#atEnd) this.#unseen = 0;
    this.#showButton();
  }

  #showButton() {
    this.#toEnd.hidden = this.#atEnd;
    this.#count.textContent = this.#unseen || "";
  }

  #render() {
    const shown = this.#messages.slice(-this.#limit);
    const hidden = this.#messages.length - shown.length;
    const rows = new Map();
    const nodes = hidden > 0 ? [this.#olderButton()] : this.#intro;
    const days = grouped(shown).map((day) => {
      const bubbles = day.groups.map((group) => this.#row(group, rows));
      return el("section", { class: "day" }, separator(day), ...bubbles);
    });
    this.#rows = rows;
    const top = this.#scroll.scrollTop; // replacing a focused button scrolls to the beginning
    this.#list.replaceChildren(...nodes, ...days);
    if (!this.#atEnd) this.#scroll.scrollTop = top;
  }

  #row(group, rows) {
    const id = group.messages[0].message_id;
    const known = this.#rows.get(id);
    const row = known && same(known.group, group) ? known.node : bubble(group, this.#actions);
    rows.set(id, { group, node: row });
    return row;
  }

  #olderButton() {
    const more = () => {
      this.#limit += SHOWN;
      this.#atEnd = false;
      this.#render();
    };
    return el("button", { type: "button", class: "service", onclick: more }, "Pesan sebelumnya");
  }
}

function separator(day) {
  return el("p", { class: "service day-name", testid: "day" }, dayName(day.date));
}

function same(a, b) {
  return a.last === b.last && a.messages.length === b.messages.length
    && a.messages.every((message, at) => message === b.messages[at]);
}

/** Messages by day; an album is one group; `last` marks the end of one side's run. */
function grouped(messages) {
  const days = [];
  let before = null;
  for (const message of messages) {
    if (!before || dayKey(before.date) !== dayKey(message.date)) {
      days.push({ date: message.date, groups: [] });
    }
    add(days.at(-1).groups, message, before);
    before = message;
  }
  return days;
}

function add(groups, message, before) {
  const previous = groups.at(-1);
  const albumId = message.media_group_id;
  if (previous && albumId && before.media_group_id === albumId) {
    previous.messages.push(message);
    return;
  }
  const together = previous && before.mine === message.mine
    && message.date - before.date < RUN_SECONDS;
  if (together) previous.last = false;
  groups.push({ messages: [message], last: true });
}
