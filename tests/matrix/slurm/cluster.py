# SPDX-License-Identifier: MIT
"""A Slurm cluster on this machine, in a folder of its own: munged, slurmctld, and a slurmd for
each node, in a PID namespace of its own, so that killing the namespace is what the loss of a
node is: all of its processes are gone at once."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo", "unshare"]
NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--propagation",
             "unchanged", "--mount-proc"]
# How long the cluster may take to notice something, on a machine that is busy.
PATIENCE_SECONDS = 120

CONFIG = """\
ClusterName=el4
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmctldPort={port}
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdTimeout=6
MpiDefault=none
ReturnToService=2
"""
NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory=500\n"


class Failure(Exception):
    """The cluster did not do what the test expects."""


def missing():
    """What this machine lacks for a cluster; None: nothing."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    absent = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if absent:
        return "not installed: " + ", ".join(absent)
    if os.getuid() != 0:
        return "slurmd wants to be root"
    if subprocess.run(NAMESPACE + ["true"], stderr=subprocess.DEVNULL, check=False).returncode:
        return "no PID namespaces here"
    return None


def free_ports(count):
    """Ports of 127.0.0.1 that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cluster:
    def __init__(self, nodes):
        self.folder = tempfile.mkdtemp(prefix="el4-slurm-")
        os.chmod(self.folder, 0o755)
        self.processes = {}
        self.environment = dict(os.environ, SLURM_CONF=self.path("slurm.conf"),
                                PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        self.nodes = ["n%d" % (i + 1) for i in range(nodes)]
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def start(self):
        for name in ["munge", "state"] + ["spool-" + node for node in self.nodes]:
            os.mkdir(self.path(name), 0o755)
        with open(os.open(self.path("munge", "key"), os.O_CREAT | os.O_WRONLY, 0o600), "wb") as key:
            key.write(os.urandom(128))
        host = socket.gethostname().split(".")[0]
        ports = free_ports(len(self.nodes) + 1)
        with open(self.path("slurm.conf"), "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=self.folder, host=host, port=ports[0]))
            for node, port in zip(self.nodes, ports[1:]):
                file.write(NODE.format(name=node, host=host, port=port))
            file.write("PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n")
        # This one looks for control groups only when it has a use for them, which may not be there.
        with open(self.path("cgroup.conf"), "w", encoding="ascii") as file:
            file.write("CgroupPlugin=cgroup/v1\n")
        munge = self.path("munge")
        self.spawn("munged", ["munged", "--foreground", "--force", "--key-file", munge + "/key",
                              "--socket", munge + "/socket", "--pid-file", munge + "/pid",
                              "--log-file", munge + "/log", "--seed-file", munge + "/seed"])
        self.wait("munged", lambda: os.path.exists(munge + "/socket"))
        self.spawn("slurmctld", ["slurmctld", "-D", "-c"])
        for node in self.nodes:
            self.start_node(node)
        self.wait("the nodes", lambda: self.states().count("idle") == len(self.nodes))

    def spawn(self, name, command):
        with open(self.path(name + ".out"), "ab") as output:
            self.processes[name] = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True)

    def start_node(self, node):
        self.spawn(node, NAMESPACE + ["slurmd", "-D", "-N", node])

    def kill_node(self, node):
        """As if its power failed."""
        process = self.processes.pop(node)
        process.kill()
        process.wait()

    def tool(self, *command):
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        return done.stdout

    def states(self):
        return self.tool("sinfo", "--noheader", "--Node", "--format=%T").split()

    def wait(self, what, happened):
        end = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise Failure("%s ended:\n%s" % (name, self.log(name)))
            if time.monotonic() > end:
                raise Failure("waited %d s for %s" % (PATIENCE_SECONDS, what))
            time.sleep(0.2)

    def log(self, name):
        text = ""
        for path in [self.path(name + ".out"), self.path(name + ".log")]:
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += file.read()[-2000:]
        return text

    def stop(self):
        for process in self.processes.values():
            process.send_signal(signal.SIGKILL)
        for process in self.processes.values():
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
