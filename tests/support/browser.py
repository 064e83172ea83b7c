"""What every page is tried with in a browser: hostile text, and a measure of contrast."""

from __future__ import annotations

PAYLOAD = (
    "<script>window.ran = 1</script> <img src=x onerror='window.ran = 2'> \"quoted\" 'so' & </style>"
    " [press](javascript:window.ran=3) ![look](http://127.0.0.1:9/spy.png) <http://127.0.0.1:9/a>"
    " {{ 7 * 6 }} </title><svg onload=window.ran=4>"
)
"""Text that would run, load or break out wherever a page forgets to escape."""

SPY = "http://127.0.0.1:9/spy"
"""Where a payload would report to; nobody listens there, and a page must not even ask."""

PAYLOADS = (
    "<script>window.ran = 'script'</script>",
    f"<script src={SPY}.js></script>",
    "</script><script>window.ran = 'broke out of a script'</script>",
    "</style><script>window.ran = 'broke out of a style'</script>",
    "</title></textarea></noscript><script>window.ran = 'broke out of a text'</script>",
    "--><script>window.ran = 'broke out of a comment'</script><!--",
    "]]><script>window.ran = 'broke out of CDATA'</script>",
    '"><img src=x onerror="window.ran = \'attribute\'">',
    "' onmouseover='window.ran = 1' autofocus onfocus='window.ran = 2' x='",
    "<img src=x onerror=window.ran=3>",
    "<svg onload=window.ran=4><animate onbegin=window.ran=5 attributeName=x dur=1s>",
    "<svg><script>window.ran = 'svg'</script></svg>",
    "<details open ontoggle=window.ran=6><summary>more</summary></details>",
    "<video><source onerror=window.ran=7></video><body onload=window.ran=8>",
    f"<iframe src={SPY}></iframe><iframe srcdoc='<script>top.ran = 9</script>'></iframe>",
    f"<object data={SPY}></object><embed src={SPY}>",
    f"<link rel=stylesheet href={SPY}.css><style>@import '{SPY}.css'; body {{ display: none }}</style>",
    f"<meta http-equiv=refresh content='0;url={SPY}'><base href={SPY}/>",
    f"<form action={SPY}><button autofocus>Send</button></form>",
    f"<p style='background: url({SPY}.png)'>styled</p>",
    f"![look]({SPY}.png) [press](javascript:window.ran=10) <{SPY}> [data](data:text/html,<script>1</script>)",
    f"[one]: javascript:window.ran=11\n[one]\n\n```{SPY}\ncode\n```",
    "&lt;script&gt;window.ran = 12&lt;/script&gt; &#60;img src=x onerror=window.ran=13&#62;",
    "{{ 7 * 6 }} {% raw %} {{ config }} ${7 * 6} #{7 * 6} <%= 7 * 6 %>",
    "\u202egnirts desrever\u202c \u2028window.ran = 14\u2029 \u200b\ufeff",
    '__proto__ constructor {"__class__": "os.system", "data": "true"}',
)
"""What people have smuggled into titles and texts: tags, break-outs, attributes, Markdown, templates."""

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
