//! Hands of a user: the mouse and the keyboard.

use super::evaluate::quoted;
use super::keys;
use super::page::Page;
use serde_json::json;

/// Where to click on an element: the middle of its first box, after it was scrolled into view, as soon as it stands
/// still and nothing is above it there that would take the click. From then on the page notes whether a click gets to
/// it.
const MIDDLE: &str = r#"(async () => {
  const measure = () => {
    const element = document.querySelector(CSS);
    const box = element?.getClientRects()[0];
    if (!box) return { over: "not there" };
    const x = box.x + box.width / 2, y = box.y + box.height / 2;
    const hit = document.elementFromPoint(x, y);
    const fits = hit && (element.contains(hit) || hit.contains(element) || element.control === hit || hit.closest("label")?.control === element);
    return { element, x, y, over: fits ? null : hit ? hit.outerHTML.slice(0, 200) : "nothing" };
  };
  document.querySelector(CSS)?.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  let last = measure(), still = 0;
  for (let frame = 0; frame < 120 && still < 2; frame++) {
    // A window that is not shown may have no frames.
    await new Promise((next) => { requestAnimationFrame(next); setTimeout(next, 50); });
    const now = measure();
    if (now.over !== null) now.element?.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    still = now.over === null && now.element === last.element && now.x === last.x && now.y === last.y ? still + 1 : 0;
    last = now;
  }
  window.clickGot = null;
  addEventListener("click", ({ target }) => {
    const meant = document.querySelector(CSS);
    window.clickGot = Boolean(meant && (meant.contains(target) || target.contains(meant) || meant.control === target || target.closest("label")?.control === meant));
  }, { capture: true, once: true });
  return { x: last.x, y: last.y, over: last.over };
})()"#;

/// Whether the click went elsewhere: a page that it led away from, or that put something new in the place of what was
/// clicked on, has not missed it.
const MISSED: &str = "window.clickGot === false";

const FOCUS: &str = r#"(() => {
  const element = document.querySelector(CSS);
  if (element instanceof HTMLSelectElement) {
    element.value = TEXT;
    for (const name of ["input", "change"]) element.dispatchEvent(new Event(name, { bubbles: true }));
    return element.value === TEXT ? "chosen" : "missing";
  }
  element.focus();
  element.select?.();
  return "focused";
})()"#;

impl Page {
    /// Presses the mouse on the first element that is meant, as soon as it is there and visible.
    ///
    /// # Panics
    /// When there is none in time, and when something else lies above its middle all the time.
    pub async fn click(&self, css: &str) {
        self.press_mouse(css).await;
        // What a live page moved at the last moment is tried once more.
        if self.evaluate(MISSED).await.is_ok_and(|missed| missed == true) {
            self.press_mouse(css).await;
        }
    }

    async fn press_mouse(&self, css: &str) {
        self.wait_for(&visible(css)).await;
        let at = self.eval(&MIDDLE.replace("CSS", &quoted(css))).await;
        assert!(at["over"].is_null(), "{css} is covered by {}", at["over"]);
        for (kind, buttons) in [("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 0)] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let order = json!({
                "type": kind, "x": at["x"], "y": at["y"], "button": button, "buttons": buttons, "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", order).await;
        }
    }

    /// Types a text into a field, in the place of what is there; of a choice, chooses the option of that value.
    ///
    /// # Panics
    /// When there is no such field in time, or no such option.
    pub async fn fill(&self, css: &str, text: &str) {
        self.wait_for(&visible(css)).await;
        let order = FOCUS.replace("CSS", &quoted(css)).replace("TEXT", &quoted(text));
        match self.eval(&order).await.as_str() {
            Some("chosen") => {}
            Some("focused") if text.is_empty() => self.press("Delete").await,
            Some("focused") => {
                self.call("Input.insertText", json!({ "text": text })).await;
            }
            _ => panic!("{css} has no option {text}"),
        }
    }

    /// Presses a key: `Tab`, `Enter`, `Escape`, `a`, with `Shift+`, `Control+` or `Alt+` before it.
    ///
    /// # Panics
    /// When there is no such key.
    pub async fn press(&self, key: &str) {
        let (down, up) = keys::events(key);
        self.call("Input.dispatchKeyEvent", down).await;
        self.call("Input.dispatchKeyEvent", up).await;
    }

    /// Turns the wheel in the middle of the window: `down` pixels, negative ones upwards.
    ///
    /// # Panics
    /// When the browser is gone.
    pub async fn wheel(&self, down: i32) {
        let order = json!({ "type": "mouseWheel", "x": 400, "y": 400, "deltaX": 0, "deltaY": down });
        self.call("Input.dispatchMouseEvent", order).await;
    }
}

fn visible(css: &str) -> String {
    format!("document.querySelector({})?.checkVisibility()", quoted(css))
}
