# SPDX-License-Identifier: MIT
"""`el4 matrix run --slurm` on a real Slurm: all results, each once, as a local run has them;
also when a node is lost in the middle."""
import argparse
import json
import os
import subprocess
import sys
import time

from cluster import Cluster, Failure, missing

SKIP = 77
SECONDS = 400
CELLS = 12

MATRIX = """\
[matrix]
name = on-slurm
config = {config}
seconds = 60
machine.clock = virtual
boot.kernel = {guest}
machine.semihosting = yes

[axis number]
values = {numbers}

[expect]
status = off
console = "^check "

[expect no-such-line]
when = number=5
console = "^this is never said"

[expect known]
when = number=7
console = "^nor is this"
known-failure = shows that reasons come through
"""


def must(condition, message):
    if not condition:
        raise Failure(message)


class Test:
    def __init__(self, options, cluster):
        self.options = options
        self.cluster = cluster
        self.file = cluster.path("cells.ini")
        with open(self.file, "w", encoding="ascii") as file:
            file.write(MATRIX.format(config=options.config, guest=options.guest,
                                     numbers=" ".join(str(i) for i in range(CELLS))))

    def command(self, folder, *words):
        return [self.options.el4, "matrix", "run", self.file, "--results", folder] + list(words)

    def start(self, folder, *words):
        return subprocess.Popen(self.command(folder, *words), env=self.cluster.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def end(self, process, status):
        output, _ = process.communicate(timeout=SECONDS)
        sys.stdout.write(output)
        sys.stdout.flush()
        must(process.returncode == status,
             "exit status %d, not %d" % (process.returncode, status))
        return output

    def records(self, folder):
        """The results of a folder without their times; each cell must be there once."""
        with open(os.path.join(folder, "results.jsonl"), encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        must(records[0]["type"] == "run", "the first line tells of the run")
        cells = {}
        for record in records[1:]:
            must(record["cell"] not in cells, record["cell"] + " is there twice")
            del record["times"]
            cells[record["cell"]] = record
        return cells

    def compare(self, folder, local):
        ours, theirs = self.records(folder), self.records(local)
        must(len(ours) == CELLS, "%d cells, not %d" % (len(ours), CELLS))
        for cell, record in theirs.items():
            must(ours.get(cell) == record, "%s differs:\n%s\n%s" % (cell, ours.get(cell), record))


def case_whole(test):
    """As a local run, failures and exit status included."""
    local, folder = test.cluster.path("local"), test.cluster.path("results")
    test.end(test.start(local), 3)
    test.end(test.start(folder, "--slurm", "--slurm-tasks", "6"), 3)
    test.compare(folder, local)


def journal_lines(folder, task):
    path = os.path.join(folder, "slurm", "task-%d" % task, "results.jsonl")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().count("\n")
    except FileNotFoundError:
        return 0


def tasks_on(cluster, node):
    output = cluster.tool("squeue", "--noheader", "--array", "--states=running",
                          "--format=%K", "--nodelist", node)
    return [int(word) for word in output.split() if word.isdigit()]


def case_node_lost(test):
    """A node's power fails while its task is at its second cell or later."""
    local, folder = test.cluster.path("local"), test.cluster.path("results")
    test.end(test.start(local), 3)
    process = test.start(folder, "--slurm", "--slurm-tasks", "2")
    node, end = test.cluster.nodes[1], time.monotonic() + SECONDS
    while not any(journal_lines(folder, task) >= 3 for task in tasks_on(test.cluster, node)):
        must(process.poll() is None, "the run ended too early")
        must(time.monotonic() < end, "no task got on")
        time.sleep(0.05)
    lost = tasks_on(test.cluster, node)[0]
    done = journal_lines(folder, lost) - 1
    test.cluster.kill_node(node)
    print("== node %s is lost, and with it task %d, which had %d results" % (node, lost, done))
    test.end(process, 3)
    test.compare(folder, local)
    log = test.cluster.log("slurmctld")
    must("due to failure of node " + node in log, "Slurm did not see the loss:\n" + log)


def case_follow_again(test):
    """The command is killed while its tasks run; --resume follows them to the end."""
    local, folder = test.cluster.path("local"), test.cluster.path("results")
    test.end(test.start(local), 3)
    process = test.start(folder, "--slurm", "--slurm-tasks", "4")
    while not os.path.exists(os.path.join(folder, "slurm", "job")):
        must(process.poll() is None, "the run ended too early")
        time.sleep(0.05)
    process.kill()
    process.communicate()
    test.end(test.start(folder, "--slurm", "--slurm-tasks", "4", "--resume"), 3)
    test.compare(folder, local)
    with open(os.path.join(folder, "slurm", "job"), encoding="ascii") as file:
        must(len(file.read().split()) == 2, "tasks were submitted twice")


CASES = {"whole": case_whole, "node-lost": case_node_lost, "follow-again": case_follow_again}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=sorted(CASES))
    parser.add_argument("--el4", required=True)
    parser.add_argument("--config", required=True, help="of the machine")
    parser.add_argument("--guest", required=True)
    options = parser.parse_args()
    lack = missing()
    if lack:
        print("skipped: no Slurm cluster can be started: " + lack)
        return SKIP
    cluster = Cluster(2)
    try:
        CASES[options.case](Test(options, cluster))
    except Failure as failure:
        print("== FAILED: %s" % failure)
        print(cluster.log("slurmctld"))
        return 1
    finally:
        cluster.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
