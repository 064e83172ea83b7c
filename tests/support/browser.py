"""What every page is tried with in a browser: hostile text, and a measure of contrast."""

from __future__ import annotations

PAYLOAD = (
    "<script>window.ran = 1</script> <img src=x onerror='window.ran = 2'> \"quoted\" 'so' & </style>"
    " [press](javascript:window.ran=3) ![look](http://127.0.0.1:9/spy.png) <http://127.0.0.1:9/a>"
    " {{ 7 * 6 }} </title><svg onload=window.ran=4>"
)
"""Text that would run, load or break out wherever a page forgets to escape."""

CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let worst = {ratio: 99};
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim()) continue;
    const style = getComputedStyle(node);
    const front = node.ownerSVGElement ? style.fill : style.color;
    const [a, b] = [light(parse(front)), light(behind(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst.ratio) worst = {ratio, text: walk.currentNode.textContent.slice(0, 40), front};
  }
  return worst;
}"""
"""The lowest contrast of any text on the page against what it stands on."""
