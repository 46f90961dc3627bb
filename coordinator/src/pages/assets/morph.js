// Makes one tree like another and leaves alone what is the same: focus, open menus and what is being typed stay.

const keep = (node) => node.nodeType === 1 && node.hasAttribute("data-keep");
const typing = (node) => node.matches("input, textarea, select") && (node === document.activeElement || node.form?.dataset.touched);

const attributes = (old, fresh) => {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS") && !name.startsWith("data-js")) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name === "open" && old.nodeName === "DETAILS") continue;
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
};

const morph = (old, fresh) => {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(document.importNode(fresh, true));
    return;
  }
  if (old.nodeType !== 1) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (keep(old) && keep(fresh) && old.id === fresh.id) return;
  if (old.isEqualNode(fresh) || typing(old)) return;
  // Rows that were added to what is being filled in are nowhere else.
  if (old.matches("form[data-touched]")) return;
  // What a menu has loaded stays in it while it is open.
  if (old.matches("details.load[open]")) return;
  attributes(old, fresh);
  children(old, fresh);
};

const children = (old, fresh) => {
  const known = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  let place = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const same = next.id ? known.get(next.id) : undefined;
    if (same) {
      if (same !== place) old.insertBefore(same, place);
      else place = place.nextSibling;
      known.delete(next.id);
      morph(same, next);
    } else if (place && !place.id && !next.id && place.nodeName === next.nodeName) {
      const current = place;
      place = place.nextSibling;
      morph(current, next);
    } else {
      old.insertBefore(document.importNode(next, true), place);
    }
  }
  while (place) {
    const rest = place.nextSibling;
    place.remove();
    place = rest;
  }
};
