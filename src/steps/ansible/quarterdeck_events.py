# Writes one line of JSON for each thing that happens in a play, numbered, so that whoever reads them sees when one is missing.
# Handlers that an earlier attempt owes (owed.json beside this file) are notified again at the start of their play.
from __future__ import annotations

import json
import os

from ansible.playbook.handler import Handler
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: quarterdeck_events
type: stdout
short_description: One line of JSON for each event
description: One line of JSON for each event, for the program that runs the play.
"""

MOST_TEXT = 4000
MOST_NAME = 300
MOST_DIFF = 200000
MOST_STATS = 40000
PIECE = 8000
HOSTS_A_LINE = 100


def cut(text, most):
    text = str(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def pieces(items, size):
    return [items[start : start + size] for start in range(0, len(items), size)]


def key_of(handler):
    return cut(handler.get_name(), MOST_NAME)


def listened(handler):
    listen = handler.listen or []
    return listen if isinstance(listen, list) else [listen]


def names_of(handler):
    return {handler.name, handler.get_name(), *listened(handler)}


def message_of(result):
    if "censored" in result:
        return str(result["censored"])
    for item in result.get("results") or []:
        if isinstance(item, dict) and (item.get("failed") or item.get("unreachable")):
            return message_of(item)
    said = [result.get(key) for key in ("msg", "reason", "stderr", "module_stderr", "stdout", "module_stdout")]
    return "\n".join(text if isinstance(text, str) else json.dumps(text, default=str) for text in said if text)


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "quarterdeck_events"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.number = 0
        self.play = None
        self.diffs = 0
        self.has_inventory = False
        with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), "owed.json"), encoding="utf-8") as file:
            self.owed = json.load(file)

    def write(self, kind, **members):
        self.number += 1
        event = {"quarterdeck": 1, "n": self.number, "type": kind, **members}
        # Not "\n" first: what a plug-in of the playbook left unfinished stands in a line of its own.
        data = (json.dumps(event, ensure_ascii=True, default=str) + "\n").encode("ascii")
        while data:
            data = data[os.write(1, data) :]

    def hosts(self, kind, hosts, **members):
        for some in pieces(hosts, HOSTS_A_LINE) or [[]]:
            self.write(kind, hosts=[cut(host, MOST_NAME) for host in some], **members)

    # Plays and tasks

    def v2_playbook_on_start(self, playbook):
        self.write("playbook", plays=len(playbook.get_plays()))

    def v2_playbook_on_play_start(self, play):
        self.play = play
        name = cut(play.get_name().strip(), MOST_NAME)
        inventory = play.get_variable_manager()._inventory
        if not self.has_inventory:
            self.has_inventory = True
            everyone = inventory.get_hosts("all", ignore_limits=True, ignore_restrictions=True)
            self.hosts("inventory", [host.name for host in everyone])
        whole = [host.name for host in inventory.get_hosts(play.hosts, ignore_restrictions=True)]
        batch = [host.name for host in inventory.get_hosts(play.hosts)]
        self.write("play", name=name)
        self.hosts("play-hosts", whole)
        self.hosts("batch", batch)
        self.notify_owed(play, name, set(batch), inventory)

    def notify_owed(self, play, name, batch, inventory):
        handlers = [task for block in play.handlers for task in block.block if isinstance(task, Handler)]
        left = []
        for owed in self.owed:
            found = [handler for handler in handlers if key_of(handler) == owed["handler"]]
            if owed["play"] != name or owed["host"] not in batch or not found:
                left.append(owed)
                continue
            found[-1].notify_host(inventory.get_host(owed["host"]))
            self.write("notified", host=owed["host"], handler=owed["handler"], isAgain=True)
        self.owed = left

    def v2_playbook_on_no_hosts_matched(self):
        self.write("no-hosts")

    def v2_playbook_on_no_hosts_remaining(self):
        self.write("cut-short")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.write("task", name=cut(task.get_name().strip(), MOST_NAME), isHandler=False)

    def v2_playbook_on_handler_task_start(self, task):
        self.write("task", name=cut(task.get_name().strip(), MOST_NAME), isHandler=True)

    # Results

    def v2_runner_on_ok(self, result):
        self.result("ok", result)
        if result._result.get("changed"):
            self.notifications(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.result("failed", result, isIgnored=bool(ignore_errors), message=cut(message_of(result._result), MOST_TEXT))

    def v2_runner_on_skipped(self, result):
        self.result("skipped", result)

    def v2_runner_on_unreachable(self, result):
        ignored = bool(getattr(result._task, "ignore_unreachable", False))
        self.result("unreachable", result, isIgnored=ignored, message=cut(message_of(result._result), MOST_TEXT))

    def result(self, status, result, **members):
        task = result._task
        self.write(
            "result",
            status=status,
            host=cut(result._host.get_name(), MOST_NAME),
            task=cut(task.get_name().strip(), MOST_NAME),
            isChanged=bool(result._result.get("changed", False)),
            **({"handler": key_of(task)} if isinstance(task, Handler) else {}),
            **members,
        )

    def notifications(self, result):
        """What a changed task notifies is known before its handlers are looked for, which newer versions do only when they run."""
        wanted = result._task.notify or []
        handlers = [task for block in self.play.handlers for task in block.block if isinstance(task, Handler)]
        for name in wanted if isinstance(wanted, list) else [wanted]:
            found = [handler for handler in handlers if name in names_of(handler)]
            named = [handler for handler in found if name not in listened(handler)][-1:]
            for handler in named + [handler for handler in found if name in listened(handler)]:
                self.notified(result._host, key_of(handler))
            if not found and "{{" not in str(name):
                self.notified(result._host, cut(name, MOST_NAME))

    def v2_playbook_on_notify(self, handler, host):
        self.notified(host, key_of(handler))

    def notified(self, host, handler):
        self.write("notified", host=cut(host.get_name(), MOST_NAME), handler=handler, isAgain=False)

    # What would change

    def v2_on_file_diff(self, result):
        if result._task.loop and "results" in result._result:
            found = [item.get("diff") for item in result._result["results"] if item.get("changed")]
        else:
            found = [result._result.get("diff")]
        for diff in found:
            text = self._get_diff(diff) if diff else ""
            room = max(0, MOST_DIFF - self.diffs)
            self.diffs += len(text)
            host, task = cut(result._host.get_name(), MOST_NAME), cut(result._task.get_name().strip(), MOST_NAME)
            for piece in pieces(text[:room], PIECE):
                self.write("diff", host=host, task=task, text=piece)
            if len(text) > room:
                self.write("diff", host=host, task=task, text="… the rest is left out\n")

    # The end

    def v2_playbook_on_stats(self, stats):
        hosts = sorted(stats.processed.keys())
        for host in hosts:
            summary = stats.summarize(host)
            self.write(
                "host",
                host=cut(host, MOST_NAME),
                ok=summary["ok"],
                changed=summary["changed"],
                failed=summary["failures"],
                unreachable=summary["unreachable"],
                skipped=summary["skipped"],
                rescued=summary["rescued"],
                ignored=summary["ignored"],
            )
        for owner, values in (getattr(stats, "custom", None) or {}).items():
            for name, value in values.items():
                data = json.loads(json.dumps(value, default=str))
                of = {} if owner == "_run" else {"host": cut(owner, MOST_NAME)}
                size = len(json.dumps(data))
                if size > MOST_STATS:
                    self.write("stat-too-large", name=cut(name, MOST_NAME), size=size, **of)
                else:
                    self.write("stat", name=cut(name, MOST_NAME), value=data, **of)
        self.write("end", hosts=len(hosts))
