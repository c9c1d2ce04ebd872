"""Opens HTML reports in Chromium, from disk, and uses them as a person does.

    python3 tests/clients/report_browser.py PLAN RUN FAILED NOTHING LARGE_PLAN LARGE_RUN STEPS RESOURCES

PLAN, RUN and FAILED (a run) are reports of the small shop of `crates/iac-report/tests`, NOTHING is
one of an empty plan, the large ones are of a platform with RESOURCES resources; STEPS is the number of
steps of RUN.

    python3 tests/clients/report_browser.py --pages NAME,PATH,RESOURCES,BARS,QUERY,FOUND ...

Any pages: each has RESOURCES resources and a chart of BARS bars (0: no chart), and QUERY finds FOUND alone.

Debian's packages `chromium` and `chromium-driver` are all it needs: the WebDriver protocol is JSON over
HTTP. With IAC_SCREENSHOTS set to a directory it leaves pictures there. It tells how long the large pages
took to open and to search; `benches/report/run` shows that.
"""

import atexit
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

WAIT_S = 60
ENTER, ESCAPE, TAB, DOWN, HOME = "\ue007", "\ue00c", "\ue004", "\ue015", "\ue011"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
passed = 0


def check(what, holds):
    global passed
    if not holds:
        sys.exit(f"failed: {what}")
    passed += 1


class Browser:
    """One Chromium with a profile of its own."""

    def __init__(self, profile, dark=False, size=(1400, 1000)):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        # Also when a check fails before the session exists.
        atexit.register(self.driver.terminate)
        self.waits_for = None
        port = None
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                port = int(line.rstrip().rstrip(".").rsplit(" ", 1)[1])
                break
        if port is None:
            sys.exit("failed: chromedriver did not say its port")
        self.url = f"http://127.0.0.1:{port}"
        arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
            f"--window-size={size[0]},{size[1]}",
        ]
        if dark:
            arguments.append("--force-dark-mode")
        capabilities = {"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.url += f"/session/{answer['sessionId']}"

    def call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        # The driver is on this machine, whatever proxy the environment names.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=WAIT_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            waits_for = f" (waiting until {self.waits_for})" if self.waits_for else ""
            sys.exit(f"failed: {method} {path}{waits_for}: {error.read().decode()[:500]}")

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def open(self, path):
        self.call("POST", "/url", {"url": pathlib.Path(path).resolve().as_uri()})

    def element(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.call("POST", f"/element/{self.element(selector)}/click", {})

    def keys(self, text):
        presses = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": presses}]})

    def until(self, what, script, *arguments):
        """Waits, frame by frame, until the page says so; the driver ends a wait that has no end."""
        self.waits_for = what
        self.call("POST", "/execute/async", {"args": list(arguments), "script": (
            "const given = [...arguments]; const done = given.pop();"
            f"const holds = function () {{ {script} }};"
            "const look = () => (holds(...given) ? done(true) : requestAnimationFrame(look)); look();"
        )})
        self.waits_for = None
        check(what, True)

    def drag(self, selector, right, down):
        origin = {ELEMENT: self.element(selector)}
        self.run("arguments[0].scrollIntoView({ block: 'center' })", origin)
        move = lambda x, y: {"type": "pointerMove", "duration": 0, "x": x, "y": y, "origin": origin}
        steps = [move(0, 0), {"type": "pointerDown", "button": 0}, move(right, down), {"type": "pointerUp", "button": 0}]
        pointer = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}
        self.call("POST", "/actions", {"actions": [pointer]})

    def errors(self):
        entries = self.call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def picture(self, name):
        directory = os.environ.get("IAC_SCREENSHOTS")
        if not directory:
            return
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return window.innerWidth")
        metrics = {"width": width, "height": min(height, 4000), "deviceScaleFactor": 1, "mobile": False}
        cdp = lambda command, parameters: self.call(
            "POST", "/goog/cdp/execute", {"cmd": command, "params": parameters}
        )
        cdp("Emulation.setDeviceMetricsOverride", metrics)
        self.call("POST", "/execute/async", {
            "script": "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))",
            "args": [],
        })
        data = cdp("Page.captureScreenshot", {"format": "png"})["data"]
        pathlib.Path(directory, f"{name}.png").write_bytes(base64.b64decode(data))
        cdp("Emulation.clearDeviceMetricsOverride", {})

    def close(self):
        self.call("DELETE", "")
        self.driver.terminate()
        self.driver.wait()


def scheme(browser, dark):
    value = "dark" if dark else "light"
    features = [{"name": "prefers-color-scheme", "value": value}]
    browser.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}})


def size(browser, width, height):
    browser.call("POST", "/window/rect", {"width": width, "height": height})


def active(browser):
    return browser.run("return document.activeElement.id")


def painted(browser):
    """Whether the graph has more than one colour."""
    return browser.run(
        "const c = document.getElementById('graph');"
        "const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);"
        "return new Set(d).size > 8"
    )


def try_plan(browser, path):
    browser.open(path)
    check("a title", "shop/dev" in browser.run("return document.title"))
    check("every resource has a row", browser.run("return document.querySelectorAll('#tree [data-path]').length") == 6)
    browser.until("the graph is drawn", "return document.getElementById('graph').width > 300")
    check("the graph has colours", painted(browser))
    check("a plan has no chart", browser.run("return document.getElementById('timeline-section').hidden"))
    browser.click("#search")
    browser.keys("queue")
    browser.until("search finds one", "return document.getElementById('found').textContent === '1 found'")
    check("the others are left out", browser.run("return document.querySelectorAll('#tree [data-path]').length") == 1)
    check("the match is marked", browser.run("return document.querySelector('#tree mark').textContent") == "queue")
    browser.keys(ENTER)
    check("Enter selects it", browser.run("return document.querySelector('#detail h2').textContent.trim()") == "edge/queue")
    text = browser.run("return document.getElementById('detail').textContent")
    check("hostile text is shown as text", "</script><script>alert(1)</script>" in text)
    browser.keys(ESCAPE)
    browser.until("Escape shows all", "return document.querySelectorAll('#tree [data-path]').length === 6")
    browser.click("[data-path='edge/web']")
    text = browser.run("return document.getElementById('detail').textContent")
    check("drift stands apart", "Changed outside of the program" in text)
    check("lines are compared", browser.run("return document.querySelectorAll('#detail .plus').length") > 0)
    check("secrets are marked", "[secret]" in text and "canary" not in browser.run("return document.documentElement.outerHTML"))
    browser.click("[data-action=same]")
    check("a filter hides", browser.run("return document.querySelectorAll('#tree [data-path]').length") == 4)
    browser.click("[data-action=same]")
    shot = "return document.getElementById('graph').toDataURL()"
    before = browser.run(shot)
    browser.drag("#graph", 120, 40)
    changed = f"return ((before) => {{ {shot.replace('return', 'return before !==')} }})(arguments[0])"
    browser.until("dragging moves the graph", changed, before)
    before = browser.run(shot)
    browser.click("#zoom-out")
    browser.until("a button zooms", changed, before)
    browser.click("#fit")
    browser.picture("plan-light")
    check(f"no errors: {(found := browser.errors())}", not found)


def try_keyboard(browser):
    """From the search on, the whole page can be reached and used without a pointer."""
    browser.click("h1")
    browser.keys("/")
    check("a slash goes to the search", active(browser) == "search")
    reached = []
    for _ in range(30):
        browser.keys(TAB)
        reached.append(active(browser))
        if reached[-1] == "tree":
            break
    check(f"tab reaches the tree: {reached}", reached[-1] == "tree")
    browser.keys(HOME)
    browser.keys(DOWN + DOWN)
    row = browser.run("return document.getElementById(document.getElementById('tree').getAttribute('aria-activedescendant')).textContent")
    name = browser.run("return document.querySelector('#detail h2').textContent.trim()")
    check(f"arrows select: {row} {name}", name.split("/")[-1] in row)
    outline = browser.run("const s = getComputedStyle(document.activeElement); return s.outlineStyle")
    check("focus is visible", outline != "none")
    browser.keys(ENTER)
    check("Enter goes to the resource", active(browser) == "detail")
    for _ in range(40):
        browser.keys(TAB)
        if active(browser) == "graph":
            break
    check("tab reaches the graph", active(browser) == "graph")
    shot = "const c = document.getElementById('graph'); return c.toDataURL()"
    before = browser.run(shot)
    browser.keys("++")
    browser.until("plus zooms", f"return ((before) => {{ {shot.replace('return', 'return before !==')} }})(arguments[0])", before)


def try_run(browser, path, steps):
    browser.open(path)
    bars = browser.run("return document.querySelectorAll('#timeline .bar').length")
    check(f"{steps} bars: {bars}", bars == steps)
    check("the critical path is marked", browser.run("return document.querySelectorAll('#timeline .bar.critical').length") == 3)
    text = browser.run("return document.getElementById('critical').textContent")
    check(f"and told: {text}", "network → edge/web → data/old" in text)
    wide = browser.run("return [...document.querySelectorAll('#timeline .bar')].map((bar) => bar.getBoundingClientRect().width)")
    check(f"bars are as long as steps took: {wide}", min(wide) > 3 and max(wide) > 2 * min(wide))
    browser.click("#timeline .bar")
    check("a bar selects", browser.run("return document.querySelector('#detail h2').textContent.trim()") == "network")
    browser.picture("run-light")
    check(f"no errors: {(found := browser.errors())}", not found)


def try_failed(browser, path):
    browser.open(path)
    browser.click(".notes .error button")
    check("an error leads to its resource", browser.run("return document.querySelector('#detail h2').textContent.trim()") == "data/database")
    check("which tells it", "the test asked" in browser.run("return document.querySelector('#detail .errors').textContent"))
    check("the chart marks it", browser.run("return document.querySelectorAll('#timeline .failed').length") == 1)
    browser.picture("failed-light")
    check(f"no errors: {(found := browser.errors())}", not found)


def count_bars(browser):
    """All bars of the chart. Only those in view exist, so it is scrolled through from its first to its last."""
    return browser.call("POST", "/execute/async", {"args": [], "script": (
        "const done = arguments[0]; const box = document.getElementById('timeline'); const seen = new Set();"
        "box.scrollTop = 0;"
        "const look = () => {"
        "  for (const bar of box.querySelectorAll('.bar')) seen.add(bar.closest('[id^=timeline-]').id);"
        "  if (box.scrollTop + box.clientHeight >= box.scrollHeight - 1) { done(seen.size); return; }"
        "  box.scrollTop += box.clientHeight; requestAnimationFrame(() => requestAnimationFrame(look));"
        "}; requestAnimationFrame(look);"
    )})


def try_page(browser, path, name, resources, bars, query, found):
    """A page of any size: opened from disk, searched, its chart counted. Prints what it took."""
    begun = time.monotonic()
    browser.open(path)
    opened_ms = (time.monotonic() - begun) * 1000
    # What a person does first. The clock of the page starts when it is asked for.
    took, usable = browser.run(
        "const input = document.getElementById('search'); const start = performance.now();"
        "input.value = arguments[0];"
        "input.dispatchEvent(new Event('input'));"
        # Enter does not wait for the pause after typing.
        "input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));"
        "const rows = document.querySelectorAll('#tree [data-path]').length;"
        "return [performance.now() - start, rows ? performance.now() : -1]", query
    )
    check(f"{name}: search finds one of many", browser.run("return document.getElementById('found').textContent") == "1 of 1")
    browser.click("#next")
    check(f"{name}: and shows it", browser.run("return document.querySelector('#detail h2').textContent.trim()") == found)
    browser.click("#search")
    browser.keys(ESCAPE)
    browser.until("Escape shows all", f"return document.getElementById('found').textContent === '{resources} resources'")
    check(f"{name}: only rows in view exist", browser.run("return document.querySelectorAll('#tree .row').length") < 60)
    timing = browser.run("const t = performance.timing; return [t.domInteractive - t.navigationStart, t.loadEventEnd - t.navigationStart]")
    browser.until("the graph has colours", (
        "const c = document.getElementById('graph');"
        "const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);"
        "return new Set(d).size > 8"
    ))
    frame = browser.call("POST", "/execute/async", {"script": (
        "const done = arguments[0]; document.getElementById('fit').click();"
        "requestAnimationFrame(() => { const s = performance.now(); requestAnimationFrame(() => setTimeout(() => done(performance.now() - s))) })"
    ), "args": []})
    if bars:
        counted = count_bars(browser)
        check(f"{name}: {bars} bars: {counted}", counted == bars)
    else:
        check(f"{name}: a plan has no chart", browser.run("return document.getElementById('timeline-section').hidden"))
    check(f"{name}: it came from disk", browser.run("return location.protocol") == "file:")
    browser.picture(name)
    check(f"{name}: no errors: {(found := browser.errors())}", not found)
    size_kib = pathlib.Path(path).stat().st_size // 1024
    print(
        f"measured {name}: {resources} resources, {size_kib} KiB; interactive after {timing[0]} ms, loaded after {timing[1]} ms, "
        f"opened and searched after {usable:.0f} ms (search {took:.1f} ms), driver's wall clock to opened {opened_ms:.0f} ms, frame {frame:.1f} ms"
    )


def try_pages(browser, cases):
    """Pages of somebody else, each as NAME,PATH,RESOURCES,BARS,QUERY,FOUND; light, then dark."""
    for case in cases:
        name, path, resources, bars, query, found = case.split(",")
        scheme(browser, dark=False)
        try_page(browser, path, f"{name}-light", int(resources), int(bars), query, found)
        light = browser.run("return getComputedStyle(document.body).backgroundColor")
        scheme(browser, dark=True)
        check(f"{name}: dark is another ground", browser.run("return getComputedStyle(document.body).backgroundColor") != light)
        browser.picture(f"{name}-dark")


def main():
    if sys.argv[1] == "--pages":
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            browser = Browser(profile)
            try:
                try_pages(browser, sys.argv[2:])
            finally:
                browser.close()
        print(f"report in Chromium: {passed} passed, 0 failed")
        return
    plan, run, failed, nothing, large_plan, large_run, steps, resources = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            scheme(browser, dark=False)
            try_plan(browser, plan)
            try_keyboard(browser)
            light = browser.run("return getComputedStyle(document.body).backgroundColor")
            scheme(browser, dark=True)
            check("dark is another ground", browser.run("return getComputedStyle(document.body).backgroundColor") != light)
            browser.picture("plan-dark")
            scheme(browser, dark=False)
            try_run(browser, run, int(steps))
            scheme(browser, dark=True)
            browser.picture("run-dark")
            scheme(browser, dark=False)
            try_failed(browser, failed)
            browser.open(nothing)
            check("nothing is told", "There are no resources" in browser.run("return document.body.innerText"))
            check(f"no errors: {(found := browser.errors())}", not found)
            size(browser, 500, 900)
            for path, name in [(plan, "plan-narrow"), (run, "run-narrow")]:
                browser.open(path)
                wide = browser.run("return document.documentElement.scrollWidth - window.innerWidth")
                check(f"{name} fits: {wide}", wide <= 0)
                browser.picture(name)
            size(browser, 1400, 1000)
            try_page(browser, large_plan, "large-plan", int(resources), 0, "team-07 machine-031", "team-07/machine-031")
            try_page(browser, large_run, "large-run", int(resources), int(resources), "team-07 machine-031", "team-07/machine-031")
        finally:
            browser.close()
    print(f"report in Chromium: {passed} passed, 0 failed")


main()
