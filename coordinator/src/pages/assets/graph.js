// Lights what a job needs and what needs it.

const light = (card) => {
  const needs = card?.closest(".needs");
  for (const lit of document.querySelectorAll(".needs .lit")) lit.classList.remove("lit");
  for (const looking of document.querySelectorAll(".needs.looking")) looking.classList.remove("looking");
  if (!needs) return;
  const paths = [...needs.querySelectorAll(".lines path")];
  const names = new Set([card.dataset.job]);
  const follow = (from, to) => {
    const open = [card.dataset.job];
    const seen = new Set(open);
    while (open.length) {
      const name = open.pop();
      for (const path of paths) {
        if (path.dataset[from] !== name) continue;
        path.classList.add("lit");
        const other = path.dataset[to];
        names.add(other);
        if (!seen.has(other)) {
          seen.add(other);
          open.push(other);
        }
      }
    }
  };
  follow("from", "to");
  follow("to", "from");
  needs.classList.add("looking");
  for (const other of needs.querySelectorAll(".job-card")) if (names.has(other.dataset.job)) other.classList.add("lit");
};

const graph = document.getElementById("graph");
if (graph) {
  graph.addEventListener("pointerover", (event) => light(event.target.closest(".job-card")));
  graph.addEventListener("pointerleave", () => light(undefined));
  graph.addEventListener("focusin", (event) => light(event.target.closest(".job-card")));
  graph.addEventListener("focusout", () => light(undefined));
  document.addEventListener("refreshed", () => light(graph.querySelector(".job-card:hover, .job-card:focus-within")));
}
