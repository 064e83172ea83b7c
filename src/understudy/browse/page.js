// After marks.js, in one script. Rows are columns of one JSON document; only what is in sight is
// in the DOM.
const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("rows").textContent);
const total = data.id.length;
const list = byId("list"), spacer = byId("spacer"), items = byId("items"), detail = byId("detail");
const AROUND = 8; // rows drawn above and below the sight
let height = 0; // of a row, in pixels
let sight = 0; // height of the list's window, in pixels: asking for it lays the page out
let shown = []; // indices of the rows that match
let active = -1; // position in `shown`
let editing = false;

const pieces = document.getElementsByClassName("answers"); // the later ones follow this script
const piece = Number(document.body.dataset.piece);
const parsed = [];

/** A row's answer as harmless markup, or undefined while the page is still being read. */
function markup(row) {
  const at = Math.floor(row / piece);
  if (pieces[at]) parsed[at] ??= JSON.parse(pieces[at].textContent);
  return parsed[at]?.[row % piece];
}

const words = (name) => name.replaceAll("_", " ");
const dropped = (row) => data.reason[row] !== null;
const video = (row) => data.videos[data.video[row]];

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made && name !== "form") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((one) => one !== null && one !== undefined));
  return made;
}

// --- search and filters --------------------------------------------------------------

const FILTERS = {
  status: (row) => [dropped(row) ? "dropped" : "in the dataset", ...(data.part[row] ? [data.part[row]] : [])],
  reason: (row) => (dropped(row) ? [data.reason[row]] : []),
  finding: (row) => data.findings[row],
  conflict: (row) => (data.conflicts[row].length ? [ANY, ...new Set(data.conflicts[row].flatMap(([, how]) => how))] : []),
  tag: (row) => data.tags[row],
  video: (row) => [data.video[row]],
  kind: (row) => [data.kind[row]],
  marked: (row) => [decision(row) ?? "unmarked"],
};
const CONFLICTS = { yes_or_no: "one says yes, the other no", numbers: "no number in common", little_in_common: "hardly a word in common" };
const ANY = "any"; // of the ways in which the answers of near-duplicates disagree
const PLAIN = new Set(["tag", "video"]); // their names are other people's words
const CHOICES = 300; // of tags: rarer ones are found by the search

function fill(name) {
  const counts = new Map();
  for (let row = 0; row < total; row++)
    for (const value of FILTERS[name](row)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const label = (value) =>
    name === "video" ? data.videos[value].title || data.videos[value].id : PLAIN.has(name) ? value : words(value);
  const named = [...counts].map(([value, count]) => ({ value, count, text: label(value) }));
  named.sort((one, other) =>
    name === "video" ? one.text.localeCompare(other.text) : other.count - one.count);
  const choices = named.slice(0, name === "tag" ? CHOICES : undefined).map(({ value, count, text }) =>
    element("option", { value: String(value), textContent: `${text} (${count.toLocaleString("en")})` }));
  const select = byId(name), before = select.value;
  select.replaceChildren(element("option", { value: "", textContent: "all" }), ...choices);
  select.value = before;
  if (select.selectedIndex < 0) select.value = "";
}

let texts = null;

/** What the search looks through, made once, when the page is idle or at the first search. */
function haystack() {
  texts ??= data.id.map((id, row) =>
    [data.question[row], data.answer[row], video(row).title, data.tags[row].join(" "), data.quote[row] ?? "", id]
      .join("\n").toLowerCase());
  return texts;
}

function filter() {
  const asked = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = Object.keys(FILTERS).map((name) => [FILTERS[name], byId(name).value]).filter(([, value]) => value);
  const where = asked.length ? haystack() : null;
  const current = shown[active];
  shown = [];
  for (let row = 0; row < total; row++) {
    if (asked.length && !asked.every((word) => where[row].includes(word))) continue;
    if (wanted.every(([values, value]) => values(row).some((one) => String(one) === value))) shown.push(row);
  }
  active = shown.length ? Math.max(0, shown.indexOf(current)) : -1;
  byId("count").textContent =
    shown.length === total ? `${total.toLocaleString("en")} rows` : `${shown.length.toLocaleString("en")} of ${total.toLocaleString("en")} rows`;
  byId("none").hidden = shown.length > 0;
  draw(Math.max(0, active * height - sight / 3));
  // The list answers first, the row beside it in the next frame.
  if (shown[active] !== current && !editing) requestAnimationFrame(() => editing || showRow());
}

function showAll() {
  for (const one of ["search", ...Object.keys(FILTERS)]) byId(one).value = "";
  filter();
}

// --- the list ------------------------------------------------------------------------

/** Draw the rows in sight, from where the list stands or is to stand. */
function draw(wanted) {
  const end = Math.max(0, shown.length * height - sight);
  const top = wanted === undefined ? list.scrollTop : Math.min(wanted, end);
  const first = Math.max(0, Math.floor(top / height) - AROUND);
  const last = Math.min(shown.length, Math.ceil((top + sight) / height) + AROUND);
  spacer.style.height = `${shown.length * height}px`;
  items.style.transform = `translateY(${first * height}px)`;
  items.replaceChildren(...shown.slice(first, last).map((row, at) => item(row, first + at)));
  if (active >= first && active < last) list.setAttribute("aria-activedescendant", `row-${active}`);
  else list.removeAttribute("aria-activedescendant");
  if (wanted !== undefined) list.scrollTop = top;
}

function item(row, position) {
  const marked = decision(row);
  return element("div", {
    id: `row-${position}`, className: dropped(row) ? "row dropped" : "row", role: "option",
    "aria-selected": String(position === active), "aria-setsize": shown.length, "aria-posinset": position + 1,
  },
  element("p", { className: "q", textContent: data.question[row] || "(the teacher delivered no question)" }),
  element("p", { className: "m" },
    marked ? element("span", { className: "mark", textContent: marked }) : null,
    element("span", { className: "chip", textContent: fate(row) }),
    element("span", { className: "t", textContent: video(row).title })));
}

function fate(row) {
  return dropped(row) ? words(data.reason[row]) : data.part[row] ?? "kept";
}

function go(position) {
  if (!shown.length || editing) return;
  active = Math.min(shown.length - 1, Math.max(0, position));
  const top = active * height;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + height > list.scrollTop + sight) list.scrollTop = top + height - sight;
  draw();
  showRow();
}

// --- one row -------------------------------------------------------------------------

function showRow() {
  editing = false;
  const row = shown[active];
  if (row === undefined) {
    detail.replaceChildren();
    return;
  }
  const answer = element("div", { className: "answer", textContent: data.answer[row] });
  const made = markup(row); // from Markdown when the page was built; the policy runs nothing in it
  if (made !== undefined) answer.innerHTML = made;
  const mine = marks.get(data.id[row]);
  detail.replaceChildren(...[
    element("button", { id: "back", type: "button", textContent: "Back to the list", onclick: close }),
    element("p", { className: "where" }, title(row)),
    element("h2", { textContent: data.question[row] || "(the teacher delivered no question)" }),
    answer,
    mine?.mark === "edit" ? edited(mine) : null,
    evidence(row),
    conflict(row),
    facts(row),
    acts(row, mine),
  ].filter(Boolean));
  detail.scrollTop = 0;
}

function title(row) {
  const { id, title, url } = video(row);
  return url ? link(url, title || id) : element("span", { textContent: title || id });
}

function link(href, text) {
  return element("a", { href, textContent: text, target: "_blank", rel: "noopener noreferrer" });
}

function evidence(row) {
  if (data.quote[row] === null) return null;
  const start = data.evidence_start[row], { url } = video(row);
  const at = start === null ? null : `${Math.floor(start / 60)}:${String(Math.floor(start % 60)).padStart(2, "0")}`;
  const place = at && url ? link(`${url}&t=${Math.floor(start)}s`, `Hear it at ${at}`) : at ? `At ${at}` : "";
  return element("div", { className: "evidence" },
    element("span", { textContent: data.quote[row] }), element("p", {}, place));
}

/** The near-duplicates whose answers disagree with this one's, each a way to it. */
function conflict(row) {
  if (!data.conflicts[row].length) return null;
  const others = data.conflicts[row].map(([id, how]) => element("li", {},
    data.id.includes(id) ? element("button", { type: "button", textContent: id, onclick: () => visit(id) }) : id,
    ` ${how.map((name) => CONFLICTS[name] ?? words(name)).join(", ")}`));
  const keeps = data.cluster[row] === data.id[row];
  return element("div", { className: "conflict" },
    element("p", { textContent: keeps ? "Near-duplicates of this row answer otherwise:" : "The row that stands for it answers otherwise:" }),
    element("ul", {}, ...others));
}

/** Show a row by its id, whatever the search and the filters leave out. */
function visit(id) {
  const row = data.id.indexOf(id);
  if (!shown.includes(row)) showAll();
  go(shown.indexOf(row));
  detail.focus();
}

function facts(row) {
  const made = element("dl", { className: "facts" });
  const add = (name, value) => value && made.append(element("dt", { textContent: name }), element("dd", { textContent: value }));
  add("Status", dropped(row) ? `dropped: ${words(data.reason[row])}` : `in ${data.part[row] ?? "no part"}`);
  add("Reviewed", data.review[row]);
  add("Findings", data.findings[row].map(words).join(", "));
  add("Not in the talk", data.foreign_terms[row].join(", "));
  add("Near", data.cluster[row] !== data.id[row] ? data.cluster[row] : null);
  add("Tags", data.tags[row].join(", "));
  add("Kind", data.kind[row] === "original" ? null : `${words(data.kind[row])} of ${data.source_id[row]}`);
  add("Written by", data.generator[row]);
  add("Id", data.id[row]);
  return made;
}

function acts(row, mine) {
  const button = (text, name, key) => element("button", {
    type: "button", textContent: text, "aria-pressed": String(decision(row) === name), "aria-keyshortcuts": key,
    onclick: () => act(name),
  });
  const note = element("input", {
    value: mine?.note ?? "", placeholder: "Why (optional)", "aria-label": "Why", hidden: !mine,
    onchange: (event) => mark(row, mine.mark, { ...mine, note: event.target.value }),
  });
  return element("div", { className: "acts" }, button("Keep", "keep", "a"), button("Drop", "drop", "d"), button("Edit", "edit", "e"),
    element("button", { type: "button", textContent: "Take back", disabled: decision(row) === null, "aria-keyshortcuts": "u", onclick: () => act("clear") }), note);
}

/** Mark the row in sight; what an earlier review decided is taken back by a mark of its own. */
function act(name) {
  const row = shown[active];
  if (row === undefined || editing) return;
  if (name === "edit") {
    edit(row);
    return;
  }
  if (name !== "clear") mark(row, name);
  else if (marks.has(data.id[row])) mark(row, null);
  else if (data.review[row] !== null) mark(row, "clear");
  else return;
  fill("marked");
  const inside = detail.contains(document.activeElement) ? document.activeElement.textContent : null;
  draw();
  showRow();
  if (inside) [...detail.querySelectorAll("button")].find((one) => one.textContent === inside && !one.disabled)?.focus();
}

function edited(mine) {
  return element("div", {}, element("p", { className: "told", textContent: "Edited here, not yet in the dataset:" }),
    element("div", { className: "new", textContent: `${mine.question}\n\n${mine.answer}` }));
}

function edit(row) {
  editing = true;
  const mine = marks.get(data.id[row]);
  const before = mine?.mark === "edit" ? mine : { question: data.question[row], answer: data.answer[row] };
  const question = element("textarea", { rows: 2, required: true, value: before.question });
  const answer = element("textarea", { rows: 16, required: true, value: before.answer });
  const told = element("p", { className: "told", role: "status" });
  const leave = () => {
    showRow();
    (detail.querySelector('.acts button:nth-child(3)') ?? list).focus();
  };
  const save = (event) => {
    event.preventDefault();
    const text = { question: question.value.trim(), answer: answer.value.trim() };
    if (text.question === data.question[row] && text.answer === data.answer[row]) {
      told.textContent = "Nothing has changed. Cancel leaves the row as it is.";
      return;
    }
    mark(row, "edit", text);
    fill("marked");
    draw();
    leave();
  };
  const form = element("form", { onsubmit: save },
    element("label", {}, "Question", question), element("label", {}, "Answer, in Markdown", answer), told,
    element("div", { className: "acts" }, element("button", { textContent: "Save" }),
      element("button", { type: "button", textContent: "Cancel", onclick: leave })));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    leave();
  });
  detail.replaceChildren(element("p", { className: "where" }, title(row)), form);
  detail.scrollTop = 0;
  question.focus();
}

// --- getting about -------------------------------------------------------------------

function open() {
  document.body.classList.add("open-row");
  detail.focus();
}

function close() {
  document.body.classList.remove("open-row");
  list.focus();
}

const page = () => Math.max(1, Math.floor(sight / height) - 1);
const MOVES = { ArrowDown: () => 1, ArrowUp: () => -1, PageDown: page, PageUp: () => -page(), Home: () => -Infinity, End: () => Infinity };
const KEYS = {
  j: () => go(active + 1),
  k: () => go(active - 1),
  d: () => act("drop"),
  a: () => act("keep"),
  e: () => act("edit"),
  u: () => act("clear"),
  "/": () => byId("search").focus(),
  Escape: close,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
    if (event.key === "Escape" || (event.key === "Enter" && event.target === byId("search"))) list.focus();
    return;
  }
  if (KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
});
list.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && active >= 0) open();
  else if (MOVES[event.key]) {
    event.preventDefault();
    event.stopPropagation();
    go(active + MOVES[event.key]());
  }
});
list.addEventListener("scroll", () => draw(), { passive: true });
items.addEventListener("click", (event) => {
  const chosen = event.target.closest(".row");
  if (!chosen || editing) return;
  go(Number(chosen.id.slice(4)));
  if (getComputedStyle(detail).position === "fixed") open();
});
byId("search").addEventListener("input", filter);
for (const name of Object.keys(FILTERS)) byId(name).addEventListener("change", filter);
byId("reset").addEventListener("click", showAll);
byId("clash")?.addEventListener("click", () => {
  showAll();
  byId("conflict").value = ANY;
  filter();
});
byId("more").addEventListener("click", (event) => {
  const isOpen = byId("filters").classList.toggle("open");
  event.currentTarget.setAttribute("aria-expanded", String(isOpen));
  measure();
});
byId("csv").addEventListener("click", () => download(asCsv(), "text/csv", "csv"));
byId("jsonl").addEventListener("click", () => download(asJsonLines(), "application/x-ndjson", "jsonl"));

function measure() {
  height = 5 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  sight = list.clientHeight;
  draw();
}

addEventListener("resize", measure);
measure();
filter();
tellMarks();
list.focus({ preventScroll: true });
// After the first rows are in sight: what they do not need.
requestAnimationFrame(() => setTimeout(() => {
  for (const name of Object.keys(FILTERS)) fill(name);
  haystack();
}));
