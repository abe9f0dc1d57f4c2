"""The page in a real browser: at a desk and on a phone, in light and dark, and on paper."""

from __future__ import annotations

import os
import shutil

import pytest

from simulator.report.html import render_page
from tests.export import plans
from tests.export.test_hostile import hostile_result
from tests.report_html.analyses import COMPARISON, LEVERS, LUCK, SENSITIVITY

SIZES = {"desk": 1280, "phone": 360}

CONTRAST = """() => {
  const parse = c => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), bad = [];
  let count = 0;
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || ['SCRIPT', 'STYLE', 'title'].includes(e.tagName)) continue;
    if (!e.getClientRects().length || e.closest('#tip')) continue;
    const style = getComputedStyle(e), ink = parse(e.closest('svg') ? style.fill : style.color);
    const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    count += 1;
    if (ratio < (large ? 3 : 4.5)) bad.push([walker.currentNode.data.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return {count, bad};
}"""
"""WCAG 2.1, success criterion 1.4.3, level AA, for every piece of text that is seen."""

CUT = """() => [...document.querySelectorAll('svg')].filter(s => s.getClientRects().length).flatMap(svg => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(t => { const r = t.getBoundingClientRect();
    return r.left < box.left - 3 || r.right > box.right + 3 || r.bottom > box.bottom + 3; }).map(t => t.textContent);
})"""
"""Labels that stick out of their chart."""


PATIENCE = 120_000
"""Milliseconds that a busy machine may take for what a quiet one does at once."""


def program():
    """A Chromium, wherever it is."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if program() is None:
        pytest.skip("there is no Chromium")
    with api.sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"], timeout=PATIENCE)
        except api.Error as error:
            pytest.skip(f"Chromium does not start here: {str(error).splitlines()[0]}")
        yield running
        running.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    base = plans.result(trials=500)
    other = plans.result(plans.scenario(name="Stretch"), trials=500, lift=1.1)
    text = render_page([base, other], sensitivity=SENSITIVITY, luck=LUCK, levers=LEVERS, comparison=COMPARISON)
    path = tmp_path_factory.mktemp("page") / "plan.html"
    path.write_text(text, encoding="utf-8")
    return path


def opened(browser, path, width, scheme="light"):
    """The page in a browser without network, with everything it complains about or asks for."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    heard = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url) if not request.url.startswith("file:") else None)
    page.goto(path.as_uri())
    return page, heard


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_sticks_out_and_nothing_is_asked_for(browser, page_file, size, scheme):
    page, heard = opened(browser, page_file, SIZES[size], scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= room
    assert page.evaluate(CUT) == []
    found = page.evaluate(CONTRAST)
    assert found["count"] > 150
    assert found["bad"] == []
    shown = page.evaluate("[...document.querySelectorAll('svg')].filter(s => s.getClientRects().length).length")
    assert shown == 5 + 3 + 1 + 1 + 1
    assert heard == []


def test_the_checks_can_fail(browser, page_file):
    """A page that sticks out, is pale and calls home is found to do all three."""
    page, heard = opened(browser, page_file, 360)
    page.evaluate("""() => {
      const wide = document.createElement('p'); wide.textContent = 'x'.repeat(90); wide.id = 'wide';
      document.querySelector('main').append(wide);
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('#wide { white-space: nowrap; overflow-wrap: normal; color: #bbb; }');
      document.adoptedStyleSheets = [sheet];
    }""")
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide > room
    assert len(page.evaluate(CONTRAST)["bad"]) == 1
    with page.expect_request("https://example.com/x.png"):
        page.evaluate("() => { document.body.append(Object.assign(new Image(), {src: 'https://example.com/x.png'})); }")
    assert "https://example.com/x.png" in heard


def test_hovering_shows_the_numbers(browser, page_file):
    page, heard = opened(browser, page_file, 1280)
    bar = page.locator("svg.desk [data-tip]").first
    bar.scroll_into_view_if_needed()
    bar.hover()
    tip = page.locator("#tip")
    assert tip.evaluate("e => getComputedStyle(e).visibility") == "visible"
    assert "median" in tip.inner_text()
    box = tip.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1280 and box["y"] >= 0
    page.mouse.move(5, 5)
    assert tip.evaluate("e => getComputedStyle(e).visibility") == "hidden"
    assert heard == []


def test_it_reads_without_script(browser, page_file):
    context = browser.new_context(java_script_enabled=False, offline=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert page.locator(".answer").inner_text().startswith("All 5 targets together")
    page.locator("summary").first.click()
    assert page.locator("details table").first.is_visible()


def test_it_prints_on_a4(browser, page_file, tmp_path):
    page, heard = opened(browser, page_file, 1280, "dark")
    page.pdf(path=tmp_path / "plan.pdf", prefer_css_page_size=True)
    raw = (tmp_path / "plan.pdf").read_bytes()
    pages = raw.count(b"/Type /Page\n") + raw.count(b"/Type /Page ") + raw.count(b"/Type/Page\n")
    assert 3 <= pages <= 10
    assert b"594.95996 841.91998" in raw or b"595" in raw
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(CONTRAST)["bad"] == []
    assert heard == []


@pytest.mark.parametrize("name", ["x" * 300, "</script><script>console.log('in')</script>", "🚀 plan 🎯", "=1+1"])
def test_hostile_names_stay_inside(browser, tmp_path, name):
    rows = [SENSITIVITY[0] | {"label": name, "path": name}]
    differences = {"differences": [{"path": name, "values": [name, name]}]}
    result = hostile_result(name)
    path = tmp_path / "plan.html"
    path.write_text(
        render_page([result, result], sensitivity=rows, luck=LUCK, comparison=differences), encoding="utf-8"
    )
    page, heard = opened(browser, path, 360)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= room
    assert name in page.locator("h1").inner_text()
    assert heard == []


def test_levers_fit_on_a_phone(browser, tmp_path):
    """No column of the table that everybody looks at hides behind a scroll bar."""
    long = LEVERS[0] | {"label": "engagements → MQLs (inbound, outbound)", "path": "segments.*.conversion.mqls"}
    path = tmp_path / "levers.html"
    path.write_text(render_page(plans.result(trials=100), levers=[long | {"now": 0.4}, *LEVERS]), encoding="utf-8")
    page, heard = opened(browser, path, SIZES["phone"])
    table = page.locator(".scroll", has_text="Lever")
    assert "not enough" in table.inner_text() and "40% → 41%" in table.inner_text()
    wide, room = table.evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert wide <= room and heard == []
