"""Looks at evaluation pages in a real browser and says what is wrong with them.

usage: check_report.py FOLDER SHOTS

Every *.html of FOLDER is opened in Chromium as its readers would: light and dark, on a phone, a tablet and a desk, with
a script engine and without one, on paper. Prints one line for every defect and exits 1 where there is one. Screenshots
and the printed page go to SHOTS.
"""

import shutil
import sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

WIDTHS = (360, 768, 1280)
SCHEMES = ("light", "dark")
# A4 with margins of 1 cm, in CSS pixels.
PAPER = 718

# What sticks out of the page, or is cut off inside of it. A region that scrolls by itself is the reader's to scroll,
# but not on paper, and text is never cut.
OVERFLOW = """(scrolling) => {
    const found = [];
    const page = document.documentElement;
    if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth} px wide`);
    for (const element of document.querySelectorAll("body *")) {
        if (element.closest("svg") || !element.checkVisibility()) continue;
        const style = getComputedStyle(element);
        const hidden = style.position === "absolute" && style.clipPath !== "none";
        if (hidden || element.closest(".only-read")) continue;
        const cut = element.scrollWidth > element.clientWidth + 1 && style.overflowX !== "visible";
        const scrolls = ["auto", "scroll"].includes(style.overflowX);
        if (cut && !(scrolls && scrolling)) found.push(`${element.tagName}.${element.className} is cut`);
        if (cut && scrolls && element.tabIndex !== 0) found.push(`${element.className} scrolls, but not by keyboard`);
    }
    return found;
}"""

# Letters of figures that overlap each other or leave the picture.
FIGURES = """() => {
    const found = [];
    for (const svg of document.querySelectorAll("svg")) {
        if (!svg.checkVisibility()) continue;
        const name = svg.querySelector("title")?.textContent ?? svg.getAttribute("aria-label") ?? "";
        const frame = svg.getBoundingClientRect();
        const texts = [...svg.querySelectorAll("text")];
        const boxes = texts.map((text) => text.getBoundingClientRect());
        boxes.forEach((a, i) => {
            const out = a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1;
            if (out) found.push(`${name}: "${texts[i].textContent}" leaves the picture`);
            boxes.slice(i + 1).forEach((b, j) => {
                const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (across > 1 && down > 3) found.push(`${name}: "${texts[i].textContent}" over "${texts[i + 1 + j].textContent}"`);
            });
            const size = parseFloat(getComputedStyle(texts[i]).fontSize) * frame.width / svg.viewBox.baseVal.width;
            if (size < 9) found.push(`${name}: "${texts[i].textContent}" is ${size.toFixed(1)} px high`);
        });
    }
    return found;
}"""

# Headings step down one level at a time; a picture has a name and a description; a table says what it holds.
STRUCTURE = """() => {
    const found = [];
    const levels = [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].map((heading) => +heading.tagName[1]);
    if (levels.filter((level) => level === 1).length !== 1) found.push("there is not one h1");
    levels.forEach((level, i) => { if (i && level > levels[i - 1] + 1) found.push(`h${level} follows h${levels[i - 1]}`); });
    for (const svg of document.querySelectorAll("svg")) {
        if (svg.getAttribute("aria-hidden") === "true") continue;
        const said = (name) => (svg.getAttribute(name) ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join("").trim();
        if (svg.getAttribute("role") !== "img") found.push("a picture without role=img");
        if (!said("aria-labelledby")) found.push("a picture without a name");
        if (!said("aria-describedby")) found.push("a picture without a description");
    }
    for (const table of document.querySelectorAll("table")) {
        if (!table.caption?.textContent.trim()) found.push("a table without a caption");
        if ([...table.querySelectorAll("th")].some((th) => !th.scope)) found.push(`${table.caption?.textContent}: th without scope`);
    }
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    if (new Set(ids).size !== ids.length) found.push("an id is there twice");
    return found;
}"""

# axe-core leaves the text of pictures out of its contrast rule; the page says what a text stands on.
CONTRAST = """() => {
    const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const channels = (color) => {
        probe.clearRect(0, 0, 1, 1); probe.fillStyle = color; probe.fillRect(0, 0, 1, 1);
        return [...probe.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const color = channels(getComputedStyle(at).backgroundColor);
            if (color[3] === 255) return color;
        }
        return [255, 255, 255, 255];
    };
    const found = new Set();
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || ["TITLE", "DESC", "STYLE"].includes(element.tagName.toUpperCase()) || !element.checkVisibility()) continue;
        const style = getComputedStyle(element);
        const color = channels(element.closest("svg") ? style.fill : style.color);
        const [a, b] = [light(color), light(ground(element))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5 || color[3] !== 255) found.add(`"${element.textContent.slice(0, 40)}" has contrast ${ratio.toFixed(2)}`);
    }
    return [...found];
}"""

FOLD = "(open) => document.querySelectorAll('details').forEach((details) => { details.open = open; })"

CLOSED = """() => [...document.querySelectorAll("details")].filter((details) =>
    ![...details.children].every((child) => child.tagName === "SUMMARY" || child.checkVisibility({ contentVisibilityAuto: true })
        && child.getBoundingClientRect().height > 0)).map((details) => `"${details.querySelector("summary").textContent}" is closed`)"""


def watched(context: BrowserContext, wrong: list[str]) -> Page:
    """A page whose every complaint, and every request but its own, is a defect."""
    page = context.new_page()
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("request", lambda request: request.is_navigation_request() or wrong.append(f"request: {request.url}"))
    page.on("requestfailed", lambda request: wrong.append(f"failed request: {request.url}"))
    return page


def on_screens(browser: Browser, file: Path, shots: Path) -> list[str]:
    wrong: list[str] = []
    for scheme in SCHEMES:
        context = browser.new_context(color_scheme=scheme)
        page = watched(context, wrong)
        page.goto(file.as_uri())
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(FOLD, False)
            found = page.evaluate(OVERFLOW, True) + page.evaluate(FIGURES)
            page.screenshot(path=shots / f"{file.stem}-{scheme}-{width}.png", full_page=True)
            # What is folded away is looked at too.
            page.evaluate(FOLD, True)
            found += page.evaluate(OVERFLOW, True) + page.evaluate(CONTRAST)
            wrong += [f"{scheme}, {width} px: {line}" for line in dict.fromkeys(found)]
        wrong += [f"{scheme}: {line}" for line in page.evaluate(STRUCTURE) + audited(page)]
        context.close()
    return wrong


def audited(page: Page) -> list[str]:
    """Every rule of axe-core, best practices included."""
    return [
        f"axe: {violation['id']}: {violation['help']}: {violation['nodes'][0]['html'][:120]}"
        for violation in Axe().run(page).response["violations"]
    ]


def without_script(browser: Browser, file: Path) -> list[str]:
    """With no script engine the page is the same, and its folded parts open."""
    wrong: list[str] = []
    context = browser.new_context(java_script_enabled=False)
    page = watched(context, wrong)
    page.goto(file.as_uri())
    for summary in page.locator("summary").all():
        summary.click()
    folded = page.locator("details:not([open])").count()
    if folded or not page.locator("h1").is_visible():
        wrong.append(f"without script: {folded} parts stay folded, or there is no heading")
    context.close()
    return wrong


def on_paper(browser: Browser, file: Path, shots: Path) -> list[str]:
    """Printed from a dark desktop: dark ink on white, nothing folded, nothing cut."""
    wrong: list[str] = []
    context = browser.new_context(color_scheme="dark", viewport={"width": PAPER, "height": 1000})
    page = watched(context, wrong)
    page.goto(file.as_uri())
    page.pdf(path=shots / f"{file.stem}.pdf", format="A4", margin={side: "1cm" for side in ("top", "right", "bottom", "left")})
    page.emulate_media(media="print", color_scheme="dark")
    found = page.evaluate(OVERFLOW, False) + page.evaluate(CONTRAST) + page.evaluate(FIGURES) + page.evaluate(CLOSED)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    if ground not in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"):
        found.append(f"the paper is {ground}")
    page.screenshot(path=shots / f"{file.stem}-print.png", full_page=True)
    context.close()
    return wrong + [f"print: {line}" for line in dict.fromkeys(found)]


def main() -> int:
    folder, shots = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    shots.mkdir(parents=True, exist_ok=True)
    files = sorted(folder.glob("*.html"))
    wrong = [] if files else [f"{folder} holds no page"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for file in files:
            found = on_screens(browser, file, shots) + without_script(browser, file) + on_paper(browser, file, shots)
            wrong += [f"{file.name}: {line}" for line in found]
        print(f"{len(files)} pages in Chromium {browser.version}, {len(wrong)} defects")
        browser.close()
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
