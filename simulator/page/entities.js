/** Message text with Bot API entities as elements; offsets are UTF-16 units, as in JavaScript. */

import { el } from "./dom.js";
import { followable } from "./links.js";

const PLAIN_TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
};

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

/** A fragment for `text`; `actions` has send(command) and follow(url). */
export function formatted(text, entities, actions) {
  const sorted = (entities ?? [])
    .map(({ offset, length, ...rest }) =>
      ({ ...rest, start: offset, end: Math.min(offset + length, text.length) }))
    .filter((entity) => entity.start < entity.end)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const fragment = document.createDocumentFragment();
  fragment.append(...range(text, sorted, 0, text.length, actions));
  return fragment;
}

/** Nodes for text[start:end]; `entities` are sorted and lie inside that range. */
function range(text, entities, start, end, actions) {
  const nodes = [];
  let at = start;
  let queue = entities;
  while (queue.length) {
    const [first, ...others] = queue;
    const stop = Math.min(first.end, end);
    const { inside, after } = divide(others, stop);
    nodes.push(text.slice(at, first.start));
    nodes.push(wrap(first, text.slice(first.start, stop), actions,
      range(text, inside, first.start, stop, actions)));
    at = skipBreak(text, first, stop);
    queue = after.map((entity) => ({ ...entity, start: Math.max(entity.start, at) }))
      .filter((entity) => entity.start < entity.end);
  }
  nodes.push(text.slice(at, end));
  return nodes.filter((node) => node !== "");
}

/** Split the following entities at `stop`; one that crosses it is cut in two. */
function divide(entities, stop) {
  const inside = [];
  const after = [];
  for (const entity of entities) {
    if (entity.start < stop) inside.push({ ...entity, end: Math.min(entity.end, stop) });
    if (entity.end > stop) after.push({ ...entity, start: Math.max(entity.start, stop) });
  }
  return { inside, after };
}

/** The line break after a block is the block's own end, not an empty line. */
function skipBreak(text, entity, stop) {
  return BLOCKS.has(entity.type) && text[stop] === "\n" ? stop + 1 : stop;
}

function wrap(entity, text, actions, children) {
  const tag = PLAIN_TAGS[entity.type];
  if (tag) return el(tag, {}, ...children);
  const special = SPECIAL[entity.type];
  return special ? special(entity, text, actions, children) : el("span", {}, ...children);
}

const SPECIAL = {
  spoiler: (_entity, _text, _actions, children) => spoiler(children),
  pre: (entity, _text, _actions, children) =>
    el("pre", { "data-language": entity.language }, el("code", {}, ...children)),
  blockquote: (_entity, _text, _actions, children) => el("blockquote", {}, ...children),
  expandable_blockquote: (_entity, _text, _actions, children) => expandable(children),
  bot_command: (_entity, text, actions, children) => command(text, actions, children),
  text_link: (entity, _text, actions, children) => link(entity.url, actions, children),
  url: (_entity, text, actions, children) => link(text, actions, children),
  email: (_entity, text, actions, children) => link(`mailto:${text}`, actions, children),
  phone_number: (_entity, text, actions, children) => link(`tel:${text}`, actions, children),
  mention: mark,
  hashtag: mark,
  text_mention: mark,
};

function mark(_entity, _text, _actions, children) {
  return el("span", { class: "mark" }, ...children);
}

function command(text, actions, children) {
  return el(
    "button",
    { type: "button", class: "link", testid: "command-link", onclick: () => actions.send(text) },
    ...children,
  );
}

function link(address, actions, children) {
  const href = followable(address);
  if (!href) return el("span", { class: "mark" }, ...children);
  const follow = (event) => {
    if (actions.follow(href)) event.preventDefault();
  };
  return el(
    "a",
    { href, target: "_blank", rel: "noopener noreferrer", onclick: follow },
    ...children,
  );
}

function spoiler(children) {
  const open = () => {
    node.classList.add("open");
    node.removeAttribute("role");
    node.removeAttribute("aria-label");
    node.removeAttribute("tabindex");
  };
  const onKey = (event) => {
    if (event.key === "Enter" || event.key === " ") open();
  };
  const node = el(
    "span",
    { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Buka teks tersembunyi" },
    el("span", {}, ...children),
  );
  node.addEventListener("click", open);
  node.addEventListener("keydown", onKey);
  return node;
}

function expandable(children) {
  const body = el("span", { class: "fold" }, ...children);
  const toggle = () => {
    const open = quote.classList.toggle("open");
    button.textContent = open ? "Ringkas" : "Selengkapnya";
    button.setAttribute("aria-expanded", String(open));
  };
  const button = el(
    "button",
    { type: "button", class: "link", "aria-expanded": "false", onclick: toggle },
    "Selengkapnya",
  );
  const quote = el("blockquote", { class: "expandable" }, body, button);
  return quote;
}
