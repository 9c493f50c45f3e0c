/** Which addresses in messages may be followed, and which of them start the bot. */

const SCHEMES = new Set(["http:", "https:", "mailto:", "tel:", "tg:"]);

/** The address as a link, or null when its scheme is not one people expect in a chat. */
export function followable(address) {
  const full = /^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`;
  try {
    const url = new URL(full);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** The payload of t.me/<bot>?start=<payload>; null when the link does not lead to this bot. */
export function startPayload(href, username) {
  const url = new URL(href);
  const domain =
    url.protocol === "tg:" ? url.searchParams.get("domain") : telegramPath(url);
  const same = domain?.toLowerCase() === username.toLowerCase();
  return same ? url.searchParams.get("start") ?? "" : null;
}

function telegramPath(url) {
  const known = ["t.me", "telegram.me"].includes(url.hostname);
  return known ? url.pathname.slice(1) : null;
}
