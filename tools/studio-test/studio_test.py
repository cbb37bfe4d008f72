#!/usr/bin/env python3
"""Clicks through the studio and through a report in a headless Chromium, and measures both.

    studio_test.py PROGRAM SHOTS

PROGRAM is a release build of staleline; SHOTS a folder for screenshots. Exit status 0: all is as it should be.
"""

import concurrent.futures
import http.client
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

from playwright.sync_api import sync_playwright

STALE = """staleline 1
# A core reads a line, a device writes it, the core reads its old copy.
device eth0 noncoherent
buffer rx 0x10000000 64
ld rx 4
eth0: wr rx 32 = 5
wait eth0
ld rx 4
"""

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
FIRST_PAINT, STEP = 1.0, 0.1  # seconds
failures = []


def check(what, holds, detail=""):
    print(f"{'ok  ' if holds else 'FAIL'} {what}{f': {detail}' if detail else ''}", flush=True)
    if not holds:
        failures.append(what)


class Studio:
    """A studio on a free port."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "studio", "--port", "0"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", self.url)[1])

    def peak(self):
        """The most memory that it has had, in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def post(self, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", path, body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def settle(page):
    page.wait_for_function("() => !document.querySelector('#status') || !/…$/.test(document.querySelector('#status').textContent)")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    # Transitions of colours have ended, and the address has been written.
    page.wait_for_timeout(450)


def still(page):
    """A picture that depends on what is drawn alone: no pointer, no focus, not scrolled."""
    page.mouse.move(2, 2)
    page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); }")
    settle(page)
    return page.screenshot()


def position(page):
    return int(re.match(r"step (\d+)", page.text_content(".bar output"))[1])


def write_trace(page, text):
    page.fill(".editor textarea", text)


def run_trace(page, text):
    write_trace(page, text)
    page.keyboard.press("Control+Enter")
    settle(page)
    page.keyboard.press("Escape")


def step_and_rewind(page, shots, size):
    run_trace(page, STALE)
    page.keyboard.press("Home")
    start = still(page)
    for _ in range(4):
        page.click(".bar button.primary")
    check(f"{size}: four steps", position(page) == 4)
    cell = page.locator("[data-line='10000000'] [data-place='L1D0']")
    check(f"{size}: the stale line is marked", cell.get_attribute("data-age") == "stale" and "stale" in cell.inner_text())
    check(f"{size}: and told in words", "STALE" in page.text_content(".viewer > [aria-live=polite]") or "STALE" in cell.get_attribute("aria-label"))
    page.screenshot(path=shots / f"stale-{size}.png")
    for _ in range(4):
        page.click("button[aria-label='One step back (Left)']")
    again = still(page)
    check(f"{size}: rewound to the start", position(page) == 0)
    if again != start:
        (shots / f"start-{size}-1.png").write_bytes(start)
        (shots / f"start-{size}-2.png").write_bytes(again)
    check(f"{size}: to the same pixels", again == start)


def same_words(page, program, folder):
    """The page says in words what the program says."""
    trace = folder / "trace.slt"
    trace.write_text(STALE)
    page.click(".words summary")
    count = int(re.search(r"/ (\d+)", page.text_content(".bar output"))[1])
    page.keyboard.press("Home")
    for step in range(count + 1):
        while position(page) < step:
            page.evaluate("() => Staleline.current.move(Staleline.current.film.state.position + 1)")
        subprocess.run([program, "report", trace, "-o", folder / "words.txt", "--step", str(step)], check=True, stderr=subprocess.DEVNULL)
        said, told = page.evaluate("() => Staleline.current.words()"), (folder / "words.txt").read_text()
        if said != told:
            check(f"the same words as `report` at step {step}", False, f"{said!r} for {told!r}")
            return
    check("the same words as `report` at every step", True, f"{count + 1} states")
    page.click(".words summary")


def find_and_edit(page, shots, size):
    page.keyboard.press("Home")
    page.keyboard.press("n")
    check(f"{size}: N goes to the finding", page.locator(".find:not(.ahead)").count() >= 1)
    page.locator("[data-line='10000000'] th button").click()
    check(f"{size}: a line's life", page.locator(".life li").count() >= 2)
    write_trace(page, STALE.replace("wait eth0", "wiat eth0"))
    page.wait_for_selector(".faults li")
    fault = page.text_content(".faults li")
    check(f"{size}: a located error as one types", "line 7" in fault and "expected" in fault, fault.strip())
    page.screenshot(path=shots / f"fault-{size}.png")
    run_trace(page, STALE)
    check(f"{size}: mended, no fault is left", page.locator(".faults li").count() == 0)


def link(page, context):
    page.keyboard.press("End")
    here = position(page)
    settle(page)
    other = context.new_page()
    other.goto(page.url)
    other.wait_for_selector(".bar")
    settle(other)
    check("a link shows the same trace at the same step", other.input_value(".editor textarea") == STALE and position(other) == here)
    other.close()


def upload(page, folder):
    good, bad, noise, large = (folder / name for name in ("good.slt", "bad.slt", "noise.slt", "large.slt"))
    good.write_text(STALE.replace("rx", "in"))
    bad.write_text("staleline 1\nld 0x1000\n")
    noise.write_bytes(bytes(range(256)) * 40)
    large.write_bytes(b"# much\n" * 200_000)
    page.set_input_files("#file", good)
    page.wait_for_function("() => document.querySelector('.editor textarea').value.includes('buffer in')")
    settle(page)
    check("an upload is run", "step 0" in page.text_content(".bar output"))
    page.set_input_files("#file", bad)
    page.wait_for_selector(".faults li")
    check("a bad upload gets a located error", "line 2" in page.text_content(".faults li"))
    for path, reason in ((noise, "expected a native trace"), (large, "expected at most 1048576")):
        page.set_input_files("#file", path)
        page.wait_for_function("(reason) => document.getElementById('status').textContent.includes(reason)", arg=reason)
        check(f"{path.name} is refused with a reason", "bad" in page.get_attribute("#status", "class"))
    run_trace(page, STALE)


def compare(page, shots, size):
    page.click("#tab-compare")
    page.click("#compare-run")
    page.wait_for_selector("#tables table", timeout=60_000)
    rows = page.locator("#tables table").first.locator("tbody tr").count()
    check(f"{size}: strategies are compared", rows >= 5, f"{rows} rows")
    page.wait_for_function("() => { const chart = document.querySelector('#chart img'); return chart && chart.naturalWidth > 0; }")
    settle(page)
    page.screenshot(path=shots / f"compare-{size}.png")
    unnamed(page, f"{size}, compared")
    page.click("#tab-steps")


def keyboard_only(page, url):
    page.goto(url)
    page.wait_for_selector(".bar")
    settle(page)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.id || document.activeElement.className.split(' ')[0] || document.activeElement.tagName"))
    wanted = {"example", "machine", "kernel", "run", "upload", "link", "help", "theme", "tab-steps", "go", "by-operation", "find"}
    check("the keyboard reaches everything", wanted <= reached, f"not {sorted(wanted - reached)}" if wanted - reached else "")
    ring = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    check("what has the focus is seen", ring != "none", ring)


def unnamed(page, what):
    """Everything that can be pressed has a name."""
    nameless = page.evaluate("""() => [...document.querySelectorAll('button, select, textarea, input:not([hidden])')]
        .filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.length)).length""")
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    check(f"{what}: everything has a name", nameless == 0, f"{nameless} have none")
    check(f"{what}: nothing is wider than the page", wide <= 0, f"{wide} px")


def speed(browser, studio, program, folder):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(studio.url)
    page.wait_for_selector(".bar")
    page.goto("about:blank")
    page.goto(studio.url)
    page.wait_for_selector(".bar")
    paint = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000")
    drawn = page.evaluate("() => performance.now() / 1000")
    check("first paint", paint < FIRST_PAINT, f"{paint * 1000:.0f} ms; the trace is drawn after {drawn * 1000:.0f} ms")
    lines = ["staleline 1", "device eth0 noncoherent", "buffer rx 0x10000000 4K"]
    for index in range(500):
        place = f"rx+{index % 32 * 64}"
        lines += [f"ld {place} 8", f"st {place} 4", f"eth0: wr {place} 32", "wait eth0"]
    long = "\n".join(lines) + "\n"
    run_trace(page, long)
    times = page.evaluate("""async () => {
        const times = [];
        for (let step = 0; step < 200; step += 1) {
            const begin = performance.now();
            document.querySelector('.bar button.primary').click();
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            times.push((performance.now() - begin) / 1000);
        }
        return times;
    }""")
    check("a step is drawn", max(times) < STEP, f"{1000 * sum(times) / len(times):.0f} ms on average, {1000 * max(times):.0f} ms at most, of a trace of 2,000 statements")
    jump = page.evaluate("() => { const begin = performance.now(); Staleline.current.move(1e9); Staleline.current.move(0); return (performance.now() - begin) / 1000; }")
    check("to the end and back", jump < 2 * STEP + 1, f"{jump * 1000:.0f} ms")
    trace = folder / "long.slt"
    trace.write_text(long)
    subprocess.run([program, "report", trace, "-o", folder / "long.html"], check=True, stderr=subprocess.DEVNULL)
    size = (folder / "long.html").stat().st_size
    check("a page of 2,000 statements is below 2 MiB", size < 2 << 20, f"{size:,} bytes")
    page.close()


def report(browser, program, shots, folder):
    trace = folder / "trace.slt"
    trace.write_text(STALE)
    subprocess.run([program, "report", trace, "-o", folder / "page.html"], check=True, stderr=subprocess.DEVNULL)
    for size, (width, height) in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True)
            page = context.new_page()
            asked = []
            page.on("request", lambda request: asked.append(request.url))
            page.goto((folder / "page.html").as_uri())
            page.wait_for_selector(".bar")
            page.keyboard.press("End")
            page.wait_for_timeout(250)
            check(f"report, {size}, {scheme}: the stale line is marked", page.locator("[data-place='L1D0'][data-age=stale]").count() == 1)
            check(f"report, {size}, {scheme}: asks for nothing", all(url.startswith(("file:", "blob:")) for url in asked), str(asked[1:]))
            unnamed(page, f"report, {size}, {scheme}")
            page.screenshot(path=shots / f"report-{size}-{scheme}.png", full_page=size == "phone")
            context.close()


def sessions(studio):
    """50 users at once, each with a trace of their own."""
    def user(number):
        for turn in range(4):
            text = STALE.replace("rx", f"own{number}x{turn}")
            status, answer = studio.post("/api/run", text.encode())
            if status != 200 or f"own{number}x{turn}" not in answer["lineNames"].values():
                return f"user {number}: {status}"
        return None
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        wrong = [one for one in pool.map(user, range(50)) if one]
    check("50 sessions at once", not wrong, f"200 runs in {time.monotonic() - begin:.1f} s{'; ' + wrong[0] if wrong else ''}")


def flood(studio, head, part, most):
    """Sends without end, until the server answers or `most` bytes are gone; the answer's first line and how much went."""
    connection = socket.create_connection(("127.0.0.1", studio.port), timeout=60)
    connection.sendall(head)
    sent = 0
    try:
        while sent < most:
            connection.sendall(part)
            sent += len(part)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    try:
        answer = connection.recv(65536).decode(errors="replace")
    except OSError as error:
        answer = f"nothing ({error})"
    connection.close()
    return answer.split("\r\n")[0], sent


def hostile(studio):
    before = studio.peak()
    gibibyte = 1 << 30
    head = f"POST /api/run HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\n"
    part = b"x" * (1 << 20)
    cases = {
        "a body of 1 GiB": (f"{head}Content-Length: {gibibyte}\r\n\r\n", "413"),
        "a chunked body of 1 GiB": (f"{head}Transfer-Encoding: chunked\r\n\r\n40000000\r\n", "411"),
        "a head of 1 GiB": (f"{head}X: ", "431"),
    }
    for what, (text, status) in cases.items():
        line, sent = flood(studio, text.encode(), part, gibibyte)
        check(f"{what} is refused", f" {status} " in line, f"{line}, {sent >> 20} MiB were sent")
    grown = studio.peak() - before
    check("and none of it is kept", grown < 32, f"the server's peak grew by {grown:.0f} MiB")
    check("the server goes on", studio.post("/api/check", STALE.encode())[0] == 200)


def main():
    program, shots = sys.argv[1], pathlib.Path(sys.argv[2])
    shots.mkdir(parents=True, exist_ok=True)
    studio = Studio(program)
    try:
        with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"])
            for size, (width, height) in SIZES.items():
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="light")
                page = context.new_page()
                complaints = []
                page.on("pageerror", lambda error: complaints.append(str(error)))
                # What a refusal's status makes the browser say is meant.
                page.on("console", lambda message: complaints.append(message.text) if message.type == "error" and "status of 4" not in message.text else None)
                page.goto(studio.url)
                page.wait_for_selector(".bar")
                settle(page)
                page.screenshot(path=shots / f"first-{size}.png")
                unnamed(page, size)
                step_and_rewind(page, shots, size)
                find_and_edit(page, shots, size)
                if size == "desktop":
                    same_words(page, program, folder)
                    link(page, context)
                    upload(page, folder)
                compare(page, shots, size)
                page.click("#theme")
                page.keyboard.press("End")
                settle(page)
                page.screenshot(path=shots / f"dark-{size}.png", full_page=size == "phone")
                if size == "desktop":
                    keyboard_only(page, studio.url)
                check(f"{size}: no complaint of the browser", not complaints, "; ".join(complaints[:3]))
                context.close()
            report(browser, program, shots, folder)
            speed(browser, studio, program, folder)
            browser.close()
        sessions(studio)
        hostile(studio)
    finally:
        studio.stop()
    print(f"{len(failures)} failure(s); screenshots in {shots}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
