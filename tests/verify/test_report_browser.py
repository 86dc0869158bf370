"""The report in a real browser: Debian's chromium, headless, spoken to over a pipe; without one the tests skip.

Pictures of the page are left in the folder that FLOWLAB_SCREENSHOTS names, or else in a temporary one.
"""

import base64
import json
import math
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from flowlab.claims import all_claims
from flowlab.verify import Derivation, Integer, Real, Step, Verdict, at_most, claim, functions, tightness, verify
from flowlab.verify.report import Entry, page
from flowlab.verify.report.typeset import kept

fcntl = pytest.importorskip("fcntl", reason="the pipe to the browser is for POSIX")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PHONE, DESK = (360, 740), (1200, 900)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here (on Debian: apt-get install chromium)")


class Browser:
    """A headless chromium and the DevTools protocol over two pipes; events are kept."""

    def __init__(self, profile):
        inward, outward = os.pipe(), os.pipe()
        # out of the way of 3 and 4, the numbers that the browser reads from and writes to
        reads, writes = (fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (inward[0], outward[1]))

        def renumber():
            os.dup2(reads, 3)
            os.dup2(writes, 4)

        options = ["headless", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking"]
        options += ["disable-component-update", "disable-sync", "disable-dev-shm-usage", "remote-debugging-pipe"]
        options += ["disable-ipc-flooding-protection"]  # which would ignore links clicked in fast succession
        self.process = subprocess.Popen(
            [CHROMIUM, *(f"--{each}" for each in options), f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=renumber,
            pass_fds=(3, 4),
        )
        for fd in (inward[0], outward[1], reads, writes):
            os.close(fd)
        self.to, self.back = inward[1], outward[0]
        os.set_blocking(self.back, False)
        self.buffer, self.events, self.count, self.session = b"", [], 0, None
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self.session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")

    def __call__(self, method, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        answer = self.until(lambda each: each.get("id") == self.count)
        assert "error" not in answer, answer
        return answer["result"]

    def until(self, wanted, seconds=60):
        """Return the first message that is wanted; keep the others."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.buffer += os.read(self.back, 1 << 20)
            except BlockingIOError:
                time.sleep(0.005)
            *messages, self.buffer = self.buffer.split(b"\0")
            found = [json.loads(each) for each in messages]
            self.events += found
            for each in found:
                if wanted(each):
                    return each
        raise TimeoutError("the browser does not answer")

    def open(self, url, size):
        self.events.clear()
        width, height = size
        self(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        self("Page.navigate", url=url)
        if not any(each.get("method") == "Page.loadEventFired" for each in self.events):
            self.until(lambda each: each.get("method") == "Page.loadEventFired")

    def ask(self, script):
        answer = self("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def photograph(self, path, **options):
        path.write_bytes(base64.b64decode(self("Page.captureScreenshot", **options)["data"]))

    def close(self):
        os.close(self.to)
        os.close(self.back)
        self.process.terminate()
        self.process.wait(30)


@claim("mine.<script>alert(1)</script>&\"'#%41", title="<img src=x onerror=alert(2)>", corrected_by="mine.tangent")
def hostile(x: Real(0, 1)):
    """<script>document.title = "taken"</script> &amp; x ≤ 1/2 </div></article><b onclick='alert(3)'>."""
    return 0.5 - x


@claim("mine.tangent", proof="Both vanish at 0 (claim mine.bernoulli).\n\nAnd 1/(1 + x) ≤ 1.")
def tangent(x: Real(-1, 100, low_open=True)):
    """log(1 + x) ≤ x."""
    return at_most(functions.log1p(x), x)


@claim("mine.bernoulli")
def bernoulli(x: Real(-3, 100), n: Integer(1, 60)):
    """(1 + x)^n ≥ 1 + n x."""
    return at_most(1 + n * x, (1 + x) ** n)


@claim("mine.named")
def named(gain: Real(1, 2), rate_of_the_innermost_of_all_loops: Real(1e-9, 1e9)):
    """rate ≤ 10^200 rate · gain."""
    rate = rate_of_the_innermost_of_all_loops
    return at_most(rate, 1e200 * rate * gain)


LONG = claim("mine." + "very_long_name_without_end." * 8 + "end", title="w" * 200, hypotheses={"x": Real(0, 1)})(
    lambda x: x
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of a page with every claim there is, most of them unsearched, and some that are odd."""
    proved = Derivation("every N > 0", (Step("σ̇ = N σ^(1−1/N) ẇ, by the chain rule", True),))
    entries = [
        Entry(each, Verdict(each.id, each.recorded, each.recorded, 200, derivation=None if index else proved))
        for index, each in enumerate(all_claims())
    ]
    for each in (hostile, tangent, bernoulli, named, LONG):
        verdict = verify(each, examples=40)
        entries.append(Entry(each, verdict, tightness(each, points=12, samples=50)))
    path = tmp_path_factory.mktemp("site") / "index.html"
    path.write_text(page(entries, about="A test."), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def pictures(tmp_path):
    folder = Path(os.environ.get("FLOWLAB_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    print(f"pictures of the page: {folder}")
    return folder


def scheme(browser, value, media=""):
    browser("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": value}])


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_it_fits_and_complains_of_nothing(browser, site, pictures, size, colours):
    scheme(browser, colours)
    browser.open(site, size)
    assert browser.ask("document.title") == "Claims put to the test"
    assert browser.ask("document.documentElement.scrollWidth") <= browser.ask("window.innerWidth") == size[0]
    # beyond the edge may only be what is in a box that scrolls
    beyond = """[...document.querySelectorAll("body *")].filter(each => each.getBoundingClientRect().right >
        document.documentElement.clientWidth + 0.5 && !each.closest(".statement")).map(each => each.outerHTML)"""
    assert browser.ask(beyond) == []
    cut = """[...document.querySelectorAll("svg.tightness text")].filter(each => {
        const [inner, outer] = [each, each.ownerSVGElement].map(part => part.getBoundingClientRect());
        return inner.left < outer.left || inner.right > outer.right || inner.bottom > outer.bottom;
    }).map(each => each.outerHTML)"""
    assert browser.ask(cut) == []
    told = [each["method"] for each in browser.events if "method" in each]
    assert not {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"} & set(told)
    asked = [e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
    assert site in asked
    assert all(url == site or url.startswith("data:") for url in asked)
    browser.photograph(pictures / f"report-{colours}-{size[0]}.png")
    browser.ask("document.querySelector('[id=\"claim-mine.bernoulli\"]').scrollIntoView()")
    browser.photograph(pictures / f"report-{colours}-{size[0]}-claim.png")


def test_text_can_be_told_from_its_ground(browser, site):
    contrast = """(() => {
        const light = colour => {
            const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(v => v / 255)
                .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = each => {
            for (; each; each = each.parentElement) {
                const colour = getComputedStyle(each).backgroundColor;
                if (!/, 0\\)$/.test(colour)) return colour;
            }
        };
        const all = document.querySelectorAll("p, a, h1, h2, h3, h4, li, code, .badge, label, legend, text");
        return Math.min(...[...all].map(each => {
            const [a, b] = [light(getComputedStyle(each).color), light(ground(each))];
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        }));
    })()"""
    for colours in ("light", "dark"):
        scheme(browser, colours)
        browser.open(site, DESK)
        assert browser.ask(contrast) >= 4.5


def test_every_link_leads_to_what_is_there_whatever_is_filtered(browser, site):
    scheme(browser, "light")
    browser.open(site, PHONE)
    count = browser.ask("document.links.length")
    assert count > len(all_claims())
    assert browser.ask("[...document.links].every(each => each.getAttribute('href').startsWith('#'))")
    for chosen in ("all", "falsified"):
        browser.ask(f"document.getElementById('show-{chosen}').click()")
        reached = browser.ask("""(() => {
            const missed = [];
            for (const link of document.links) {
                link.click();
                const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
                const box = target && target.getBoundingClientRect();
                if (location.hash !== link.hash || !box || !box.height || box.top < -1 || box.top > innerHeight)
                    missed.push(link.outerHTML);
            }
            return missed;
        })()""")
        assert reached == []


def test_links_name_the_claim_they_lead_to(browser, site):
    browser.open(site, DESK)
    assert browser.ask("""[...document.links].every(each =>
        document.getElementById(decodeURIComponent(each.hash.slice(1))).querySelector("h3").textContent
            .startsWith(each.dataset.number + "."))""")


@pytest.mark.parametrize("kind", ["held", "falsified"])
def test_filters_work_without_scripts(browser, site, kind):
    browser("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(site, DESK)
        browser.ask(f"document.getElementById('show-{kind}').click()")
        shown = """[...document.querySelectorAll("article, .contents li")].filter(each => each.getClientRects().length)
            .map(each => each.dataset.verdict)"""
        found = browser.ask(shown)
    finally:
        browser("Emulation.setScriptExecutionDisabled", value=False)
    assert found
    assert all(kind in each.split() for each in found)
    assert len(found) == browser.ask(f"document.querySelectorAll('[data-verdict~={kind}]').length")


def test_nothing_a_claim_says_is_run(browser, site):
    browser.open(site, DESK)
    assert browser.ask("document.querySelectorAll('script, img, [onerror], [onclick], iframe').length") == 0
    text = browser.ask(f"document.getElementById({json.dumps('claim-' + hostile.id)}).textContent")
    assert kept(hostile.statement) in kept(text)
    assert kept(hostile.title) in kept(text)


def test_formulas_are_drawn_as_formulas(browser, site):
    browser.open(site, DESK)
    # the exponent of (1 + x)^n stands above its base, and n x stays on the line
    script, base = (
        browser.ask(f"""(() => {{
            const part = document.getElementById("claim-mine.bernoulli").querySelector(".statement msup").children[{k}];
            const box = part.getBoundingClientRect();
            return [box.top, box.height, box.width];
        }})()""")
        for k in (1, 0)
    )
    assert 0 < script[1] < base[1]
    assert script[2] > 0
    assert script[0] < base[0]
    tall = browser.ask("""Math.min(...[...document.querySelectorAll("mfrac")].map(each => {
        const [over, under] = [...each.children].map(part => part.getBoundingClientRect());
        return under.top - over.bottom;
    }))""")
    assert -1 <= tall < math.inf


def test_on_paper_nothing_is_cut(browser, site, pictures):
    scheme(browser, "dark", media="print")
    browser.open(site, (700, 1000))  # A4 less its margins, and more
    assert browser.ask("document.documentElement.scrollWidth") <= 700
    assert browser.ask("getComputedStyle(document.querySelector('.statement')).overflowX") == "visible"
    assert browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.ask("""[...document.querySelectorAll("article a")].every(each =>
        getComputedStyle(each, "::after").content.replace(/["\\s]/g, "") === `(no.${each.dataset.number})`)""")
    scheme(browser, "light")
    path = pictures / "report.pdf"
    path.write_bytes(base64.b64decode(browser("Page.printToPDF", preferCSSPageSize=True)["data"]))
    assert path.read_bytes().count(b"/Type /Page\n") > 10
    if shutil.which("pdftotext"):
        done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True)
        for each in (*all_claims(), tangent, bernoulli):
            assert "".join(each.id.split()) in "".join(done.stdout.split())
