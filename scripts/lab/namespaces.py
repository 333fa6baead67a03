"""Hosts in network namespaces of their own, each on a cable to a switch in software.

Neither the namespaces nor the cables have a name that others could see. They live as long as this
process and those it starts in them: however these end, the kernel takes all of it away.
"""

from collections.abc import Generator, Mapping, Sequence
import contextlib
from dataclasses import dataclass
import fcntl
import os
from pathlib import Path
import shutil
import struct
import subprocess

_TUN = Path("/dev/net/tun")
_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x0001 | 0x1000
"""IP packets, with nothing before them (Linux: Documentation/networking/tuntap.rst)."""
_CABLE = "cable"
_TOOLS = ("ip", "mount", "nsenter", "setpriv")
NARROW, WIDE = 1500, 60_000
"""Bytes in a packet: as on an Ethernet; and so many that video costs the switch little."""
_NEED = (
    "network namespaces are needed: be root, or let users make user namespaces"
    " (sysctl kernel.unprivileged_userns_clone=1 or"
    " kernel.apparmor_restrict_unprivileged_userns=0)"
)


class NamespaceError(RuntimeError):
    """This machine lacks what is needed; the text says what."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """A namespace with one network card."""

    name: str
    addresses: Sequence[str]
    namespace: int
    """The file that keeps it."""
    cable: int
    """The file behind its network card: its packets are read and written there."""

    @property
    def within(self) -> list[str]:
        """What runs a program on this host: it dies with this process, however that ends."""
        return [*DYING_WITH_US, "nsenter", f"--net=/proc/{os.getpid()}/fd/{self.namespace}"]


DYING_WITH_US = ["setpriv", "--pdeathsig", "KILL"]


def gain_rights() -> None:
    """Be root, of a user namespace of our own if need be, with mounts and a network of our own.

    It must be called before the process has threads.

    Raises:
        NamespaceError: The machine does not let us.
    """
    if missing := [tool for tool in _TOOLS if shutil.which(tool) is None]:
        raise NamespaceError(f"not installed: {', '.join(missing)} (iproute2, util-linux, mount)")
    user, group = os.getuid(), os.getgid()
    try:
        if user:
            os.unshare(os.CLONE_NEWUSER)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        os.unshare(os.CLONE_NEWNS | os.CLONE_NEWNET)
    except OSError as error:
        raise NamespaceError(f"{_NEED} ({error.strerror})") from None
    _run("mount", "--make-rprivate", "/")
    if not os.access(_TUN, os.R_OK | os.W_OK):
        raise NamespaceError(f"{_TUN} is needed (modprobe tun), readable and writable by us")


@contextlib.contextmanager
def network(
    hosts: Mapping[str, Sequence[str]], narrow: Sequence[str] = ()
) -> Generator[dict[str, Host]]:
    """Hosts by name, with these addresses, for as long as the block runs.

    Addresses whose first three numbers are the same reach one another, by way of the switch.
    Hosts in `narrow` have packets of the usual size.
    """
    with contextlib.ExitStack() as files:
        made = {}
        for name, addresses in hosts.items():
            with _back_home():
                os.unshare(os.CLONE_NEWNET)
                namespace = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
                files.callback(os.close, namespace)
                cable = _plug_in(addresses, NARROW if name in narrow else WIDE)
                files.callback(os.close, cable)
            made[name] = Host(name=name, addresses=addresses, namespace=namespace, cable=cable)
        yield made


@contextlib.contextmanager
def on(host: Host) -> Generator[None]:
    """Have this process be on a host while the block runs; it must not have threads yet."""
    with _back_home():
        os.setns(host.namespace, os.CLONE_NEWNET)
        yield


def ask_names_at(server: str, folder: Path) -> None:
    """Have this process, and what it starts from now on, resolve names at this address."""
    settings = folder / "resolv.conf"
    settings.write_text(f"nameserver {server}\noptions timeout:1 attempts:1\n")
    _run("mount", "--bind", str(settings), "/etc/resolv.conf")


@contextlib.contextmanager
def _back_home() -> Generator[None]:
    """Return to the namespace we are in now."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        yield
    finally:
        os.setns(home, os.CLONE_NEWNET)
        os.close(home)


def _plug_in(addresses: Sequence[str], size: int) -> int:
    """Make the network card of the namespace we are in; returns the file behind it."""
    cable = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(cable, _TUNSETIFF, struct.pack("16sH22x", _CABLE.encode(), _IFF_TUN_NO_PI))
    commands = ["link set lo up", f"link set {_CABLE} up mtu {size}"]
    commands += [f"address add {address}/24 dev {_CABLE}" for address in addresses]
    _run("ip", "-batch", "-", told="\n".join(commands))
    return cable


def _run(*command: str, told: str = "") -> None:
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NamespaceError(f"{' '.join(command)}: {done.stderr.strip()}")
