"use strict";
// One script with page.js, which follows: what both need is defined there.

// --- marks: kept in this browser until they are handed back --------------------------

const store = `understudy/${document.body.dataset.name}`;
const marks = new Map(remembered());

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(store) ?? "[]");
  } catch {
    return []; // a browser that stores nothing for files
  }
}

function mark(row, decision, more = {}) {
  const before = marks.get(data.id[row]);
  if (decision === null) marks.delete(data.id[row]);
  else {
    const note = more.note ?? before?.note ?? "";
    marks.set(data.id[row], { id: data.id[row], digest: data.digest[row], mark: decision, ...more, note });
  }
  try {
    localStorage.setItem(store, JSON.stringify([...marks]));
  } catch {
    // they last as long as the page is open
  }
  tellMarks();
}

/** What a row is marked with: here and now, or in an earlier review that made this dataset. */
function decision(row) {
  return marks.get(data.id[row])?.mark ?? data.review[row];
}

function tellMarks() {
  const count = marks.size;
  byId("marks").textContent = count ? `${count.toLocaleString("en")} marked` : "";
  byId("csv").disabled = byId("jsonl").disabled = count === 0;
}

const COLUMNS = ["id", "mark", "question", "answer", "note", "digest"];

/** A spreadsheet runs a cell that begins like a formula: an apostrophe before it makes it text. */
function cell(value) {
  const text = value ?? "";
  const plain = /^[=+\-@'\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

function asCsv() {
  const lines = [...marks.values()].map((one) => COLUMNS.map((name) => cell(one[name])).join(","));
  return `\ufeff${[COLUMNS.join(","), ...lines].join("\r\n")}\r\n`;
}

function asJsonLines() {
  return [...marks.values()].map((one) => `${JSON.stringify(one)}\n`).join("");
}

function download(text, type, ending) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  element("a", { href: url, download: `marks-${document.body.dataset.channel}.${ending}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

