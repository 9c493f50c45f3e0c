/** A button that opens a small menu: closes on Escape, on a choice and on a click elsewhere. */

/** Join a button to its menu element. */
export function joinMenu(button, menu) {
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  const set = (open) => {
    menu.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => {
    set(menu.hidden);
    if (!menu.hidden) items(menu)[0]?.focus();
  });
  menu.addEventListener("click", () => set(false));
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      set(false);
      button.focus();
    } else walk(menu, event);
  });
  document.addEventListener("pointerdown", (event) => {
    if (!menu.contains(event.target) && !button.contains(event.target)) set(false);
  });
}

const items = (menu) => [...menu.querySelectorAll("button")];

function walk(menu, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  all[(at + step + all.length) % all.length].focus();
}
