# SPDX-License-Identifier: MIT
"""Figures by HTTP: what they say, in which form, and that other programs can read them."""

import json
import re
import shutil
import subprocess

import pytest

from support.program import ROOT
from support.stream import connect_tcp, connect_unix, free_port

GET = "GET /metrics HTTP/1.1\r\nHost: a\r\n{}\r\n"
PLAIN = "Accept: text/plain\r\n"
SAMPLE = re.compile(r'(\w+)((?:\{(?:\w+="(?:[^"\\]|\\.)*",?)+\})?) (\S+)')
SUFFIXES = {"gauge": {""}, "counter": {"_total"}, "histogram": {"_bucket", "_count", "_sum"}}


@pytest.fixture
def console(charhubd, workdir):
    """A hub of a guest that prints "hi" and repeats what is typed, with a log, and metrics."""
    def start(*more):
        return charhubd(
            "-chardev", "exec,id=g,command=stty -echo; echo hi; cat",
            "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off,clients=4",
            "-chardev", f"syslog,id=t,path={workdir}/syslog",
            "-chardev", f"hub,id=hub0,chardevs.0=s,chardevs.1=t,logfile={workdir}/log",
            "-device", "console,guest=g,chardev=hub0", "-vnc", f"unix:{workdir}/v",
            "-audit", f"{workdir}/audit",
            "-metrics", f"unix:{workdir}/m", *more)

    return start


def ask(path, request=GET.format("")):
    with connect_unix(path) as peer:
        peer.send(request)
        head, body = peer.read_to_end().decode().split("\r\n\r\n", 1)
    assert f"\r\nContent-Length: {len(body.encode())}\r\n" in head
    return head, body


def parse(body, total=""):
    """What OpenMetrics says of a text, checked line by line. Return: {"name{labels}": value}."""
    families, series, name, kind = {}, {}, None, None
    lines = body.splitlines()
    if not total:
        assert lines.pop() == "# EOF"
    for line in lines:
        if line.startswith("# "):
            _, word, family, text = line.split(" ", 3)
            assert text
            if word == "HELP":
                assert family not in families, f"{family} is told in two places"
                name, families[family] = family, None
            assert family == name
            if word == "TYPE":
                families[family] = kind = text
            assert word in ("HELP", "TYPE") or word == "UNIT" and family.endswith(f"_{text}")
            continue
        sample, labels, value = SAMPLE.fullmatch(line).groups()
        suffixes = {""} if total and kind == "counter" else SUFFIXES[kind]
        assert any(sample == name + suffix for suffix in suffixes), line
        assert sample + labels not in series, f"{line} is told twice"
        series[sample + labels] = float(value)
    for key, value in series.items():
        if "_bucket" in key and 'le="+Inf"' in key:
            count = re.sub(r',?le="\+Inf"', "", key).replace("_bucket", "_count").replace("{}", "")
            assert series[count] == value
    return families, series


def test_figures_follow_what_happens(console, workdir, client):
    console()
    ann = client(workdir / "s")
    ann.read_until("hi")
    ann.send("abc\n")
    ann.read_until("abc\r\n")
    families, series = parse(ask(workdir / "m")[1])
    assert series['charhub_hub_out_bytes_total{hub="hub0"}'] == len("hi\r\nabc\r\n")
    assert series['charhub_hub_in_bytes_total{hub="hub0"}'] == len("abc\n")
    assert series['charhub_hub_guest_open{hub="hub0"}'] == 1
    assert series['charhub_hub_logins_total{hub="hub0",result="ok"}'] == 1
    assert series['charhub_hub_members{hub="hub0",standing="good"}'] == 2  # and the syslog
    assert series['charhub_log_dropped_bytes_total{chardev="hub0"}'] == 0
    assert series['charhub_sink_lost_lines_total{chardev="t"}'] == 0
    assert series["charhub_loop_round_seconds_count"] > 0
    assert series["process_resident_memory_bytes"] > 1 << 20
    assert series["process_open_fds"] > 10
    page = (ROOT / "doc" / "metrics.md").read_text(encoding="utf-8")
    assert [name for name in families if f"`{name}`" not in page] == []


def test_a_member_that_stalls_is_seen(charhubd, workdir, client):
    charhubd("-chardev", "exec,id=g,command=yes",
             "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off,clients=4",
             "-chardev", "null,id=n",
             "-chardev", "hub,id=hub0,window=64k,grace-ms=20,chardevs.0=s,chardevs.1=n",
             "-device", "console,guest=g,chardev=hub0", "-metrics", f"unix:{workdir}/m")
    client(workdir / "s").read_exact(1000)
    for _ in range(1000):
        series = parse(ask(workdir / "m")[1])[1]
        if series['charhub_hub_members{hub="hub0",standing="skipped"}']:
            break
    assert series['charhub_hub_members{hub="hub0",standing="skipped"}'] == 1
    assert series['charhub_hub_lag_bytes{hub="hub0"}'] > 0
    assert series['charhub_hub_stall_seconds_count{hub="hub0"}'] >= 1


def test_bytes_that_a_full_disk_takes_from_a_log_are_counted(charhubd, workdir):
    charhubd("-chardev", "exec,id=g,command=yes", "-chardev", "null,id=n",
             "-chardev", "hub,id=hub0,chardevs.0=n,logfile=/dev/full",
             "-device", "console,guest=g,chardev=hub0", "-metrics", f"unix:{workdir}/m")
    for _ in range(1000):
        series = parse(ask(workdir / "m")[1])[1]
        if series['charhub_log_dropped_bytes_total{chardev="hub0"}']:
            return
    raise AssertionError("nothing was counted")


def test_lines_that_a_server_does_not_take_are_counted(charhubd, workdir):
    charhubd("-console", f"vm1,guest=exec:yes,syslog=udp:127.0.0.1:{free_port()}",
             "-metrics", f"unix:{workdir}/m")
    for _ in range(1000):
        series = parse(ask(workdir / "m")[1])[1]
        lost = [series[name] for name in series if name.startswith("charhub_sink_lost_lines")]
        assert len(lost) == 1
        if lost[0]:
            return
    raise AssertionError("nothing was counted")


def test_other_paths_and_methods_are_answered(console, workdir):
    port = free_port()
    console("-metrics", f"127.0.0.1:{port}")
    assert ask(workdir / "m", "GET / HTTP/1.1\r\nHost: a\r\n\r\n")[0].startswith(
        "HTTP/1.1 404 Not Found\r\n")
    head, _ = ask(workdir / "m", "POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
    assert head.startswith("HTTP/1.1 405 ") and "\r\nAllow: GET\r\n" in head + "\r\n"
    assert ask(workdir / "m", "x" * 9000)[0].startswith("HTTP/1.1 431 ")
    with connect_tcp(port) as peer:
        peer.send(GET.format(PLAIN))
        peer.read_until("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n")


def test_the_older_form_is_right_too_and_promtool_finds_nothing(console, workdir):
    console()
    _, plain = ask(workdir / "m", GET.format(PLAIN))
    parse(plain, total="_total")
    checks = [(["metrics"], plain), (["rules", ROOT / "doc" / "alerts.yml"], "")]
    for words, text in checks if shutil.which("promtool") else []:
        done = subprocess.run(["promtool", "check", *words], input=text, capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


# For each alert the values of one series, a minute apart, at which it must fire, and others.
ALERTS = {
    "CharhubDown": ('up{job="charhub"}', "0x30", "1x30"),
    "CharhubRestarted": ('process_start_time_seconds{job="charhub"}', "0+60x30", "60x30"),
    "CharhubGuestGone": ('charhub_hub_guest_open{hub="a"}', "0x30", "1x30"),
    "CharhubLogIncomplete": ('charhub_log_dropped_bytes_total{chardev="a"}', "0+9x30", "9x30"),
    "CharhubSinkIncomplete": ('charhub_sink_lost_lines_total{chardev="a"}', "0+1x30", "1x30"),
    "CharhubAuditIncomplete": ("charhub_audit_failing", "1x30", "0x30"),
    "CharhubRecordingIncomplete": ("charhub_recordings_missing_bytes_total", "0+1x30", "1x30"),
    "CharhubHistoryShort": ('charhub_hub_dropped_bytes_total{hub="a"}', "0+65536x30", "65536x30"),
    "CharhubMemberSkipped": ('charhub_hub_skips_total{hub="a"}', "0+1x30", "9x30"),
    "CharhubGuestStalled": ('charhub_hub_stall_seconds_bucket{hub="a",le="+Inf"}', "0+60x30", ""),
    "CharhubLoopSlow": ('charhub_loop_round_seconds_bucket{le="+Inf"}', "0+60x30", ""),
    "CharhubLoginsRefused": ('charhub_vnc_logins_total{result="refused"}', "0+60x30", "0+1x30"),
    "CharhubDescriptorsShort": ('process_open_fds{job="charhub"}', "90x30", "70x30"),
}
# What some of them need besides.
BESIDES = {
    "CharhubGuestStalled": [('charhub_hub_stall_seconds_bucket{hub="a",le="2"}', "0+1x30")],
    "CharhubLoopSlow": [('charhub_loop_round_seconds_bucket{le="0.1"}', "0+1x30")],
    "CharhubDescriptorsShort": [('process_max_fds{job="charhub"}', "100x30")],
}


def rules_test(name, series, fires):
    return {"interval": "1m",
            "input_series": [{"series": key, "values": values} for key, values in series],
            "promql_expr_test": [{
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": "30m",
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1}] * fires}]}


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_each_rule_fires_when_it_must_and_not_else(workdir):
    rules = (ROOT / "doc" / "alerts.yml").read_text(encoding="utf-8")
    assert re.findall(r"alert: (\w+)", rules) == list(ALERTS)
    tests = [rules_test(name, [(key, values), *BESIDES.get(name, [])], fires)
             for name, (key, *both) in ALERTS.items()
             for values, fires in zip(both, (True, False)) if values]
    (workdir / "tests.yml").write_text(  # a form of YAML
        json.dumps({"rule_files": [str(ROOT / "doc" / "alerts.yml")], "tests": tests}),
        encoding="utf-8")
    done = subprocess.run(["promtool", "test", "rules", workdir / "tests.yml"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_rules_and_pages_ask_for_what_there_is(console, workdir):
    console()
    _, series = parse(ask(workdir / "m")[1])
    told = {re.sub(r"\{.*", "", name) for name in series} | {"up"}
    board = json.loads((ROOT / "doc" / "grafana-dashboard.json").read_text(encoding="utf-8"))
    texts = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    texts += [variable["definition"] for variable in board["templating"]["list"]
              if "definition" in variable]
    texts.append((ROOT / "doc" / "alerts.yml").read_text(encoding="utf-8"))
    asked = {name for text in texts for name in re.findall(r"\b(?:charhub|process)_\w+", text)}
    assert asked - told == set()
    assert len(asked) > 15


def test_it_comes_and_goes_with_the_configuration(charhubd, charhub_path, workdir):
    (workdir / "c.conf").write_text(f'[metrics] metrics = "unix:{workdir}/m"\n', encoding="utf-8")
    charhubd("-config", workdir / "c.conf", "-control", workdir / "control")
    assert ask(workdir / "m")[0].startswith("HTTP/1.1 200 ")
    (workdir / "c.conf").write_text(f'[metrics] metrics = "unix:{workdir}/other"\n',
                                    encoding="utf-8")
    done = subprocess.run([charhub_path, f"--socket={workdir}/control", "reload"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ask(workdir / "other")[0].startswith("HTTP/1.1 200 ")
    assert not (workdir / "m").exists()


def test_what_is_wrong_is_said(run_charhubd, workdir):
    (workdir / "file").write_text("precious", encoding="utf-8")
    cases = [("nowhere",
              "'nowhere' is no address\nIt would be [HOST]:PORT, unix:PATH or fd:NAME\n"),
             (f"unix:{workdir}/a,mode=9", "mode"),
             ("127.0.0.1:0,colour=red", "colour"),
             ("fd:metrics", "named 'metrics' has not been found"),
             (f"unix:{workdir}/file", "Failed to bind socket")]
    for argument, text in cases:
        done = run_charhubd("-metrics", argument)
        assert done.code == 1 and text in done.err, done.err
    done = run_charhubd("-metrics", "127.0.0.1:0,id=a", "-metrics", "127.0.0.1:0,id=a")
    assert "Duplicate ID 'a' for metrics" in done.err
    assert "mode=" in run_charhubd("-metrics", "help").out
