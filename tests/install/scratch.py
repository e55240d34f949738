"""Running commands in a scratch folder, and the project beside this file: what the tests of packaging share."""

import os
import pathlib
import re
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
PROJECT = HERE / "project"
VERSION = re.search(r"project\(rhei VERSION ([\d.]+)", (SOURCE / "CMakeLists.txt").read_text())[1]

# A user's flags, which are not ours: some of rhei's code has warnings with them. One set for all builds, so that a
# compiler cache serves the second from the first.
USER_FLAGS = "-O0 -Weffc++ -D_GLIBCXX_ASSERTIONS -fvisibility=hidden -fvisibility-inlines-hidden"


class Commands:
    """Runs CMake and compilers as the command line of the test says."""

    def __init__(self, settings, folder):
        self.settings = settings
        self.folder = pathlib.Path(folder)

    def run(self, *command, environment=None):
        """What a command prints, standard error as well; the test fails when the command does."""
        code, said = self.try_run(*command, environment=environment)
        if code != 0:
            raise AssertionError(f"exit code {code}: {' '.join(str(part) for part in command)}\n{said}")
        return said

    def try_run(self, *command, environment=None):
        """(exit code, what it prints)"""
        done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, env=environment, cwd=self.folder, check=False)
        return done.returncode, done.stdout

    def configure(self, source, build, **variables):
        """The command that configures, for run and try_run. Variables go to CMake as -DNAME=VALUE."""
        variables = {"CMAKE_CXX_COMPILER": self.settings.compiler, "CMAKE_BUILD_TYPE": "Debug",
                     "CMAKE_CXX_COMPILER_LAUNCHER": self.settings.launcher, "CMAKE_CXX_FLAGS_DEBUG": USER_FLAGS,
                     **variables}
        return ["cmake", "-S", source, "-B", build, "-G", self.settings.generator,
                *(f"-D{name}={value}" for name, value in variables.items())]

    def compile(self, build, *targets):
        return self.run("cmake", "--build", build, "--parallel", "2", *(["--target", *targets] if targets else []))

    def project(self, name, **variables):
        """Configures and builds the user's project in a folder of this name; returns its program."""
        build = self.folder / name
        self.run(*self.configure(PROJECT, build, **variables))
        self.compile(build, "hello")
        return build / "hello"


    def ask_pkg_config(self, prefix, *arguments):
        """The words that pkg-config answers about the rhei below that prefix."""
        search = ":".join(str(path.parent) for path in prefix.rglob("rhei.pc"))
        return self.run("pkg-config", *arguments, "rhei", environment={**os.environ, "PKG_CONFIG_PATH": search}).split()

    def try_link(self, prefix, *flags):
        """Builds by_hand/hello by what pkg-config says, behind these flags; returns the linker's exit code and text."""
        folder, compiler = self.folder / "by_hand", self.settings.compiler
        folder.mkdir(exist_ok=True)
        plugin, = self.ask_pkg_config(prefix, "--variable=protoc_gen_rhei")
        self.run("protoc", f"-I{PROJECT}", f"--cpp_out={folder}", f"--rhei_out={folder}",
                 f"--plugin=protoc-gen-rhei={plugin}", PROJECT / "hello.proto")
        launcher = [self.settings.launcher] if self.settings.launcher else []
        objects = []
        for source in (folder / "hello.pb.cc", folder / "hello.rhei.cc", PROJECT / "hello.cc"):
            objects.append(folder / f"{source.name}.o")
            self.run(*launcher, compiler, "-std=c++20", "-O0", f"-I{folder}", *flags,
                     *self.ask_pkg_config(prefix, "--cflags"), "-c", source, "-o", objects[-1])
        library_folder, = self.ask_pkg_config(prefix, "--variable=libdir")
        return self.try_run(compiler, *objects, *self.ask_pkg_config(prefix, "--libs"),
                            f"-Wl,-rpath,{library_folder}", "-o", folder / "hello")


class PackagingTest(unittest.TestCase):
    """Base of the tests: one scratch folder for each class, and what several of them check."""

    commands = None  # set by each class when it begins

    def greets(self, program):
        """The user's program makes its call and gets its answer."""
        self.assertEqual(self.commands.run(program), "Hello, world!\n")

    def pkg_config_builds(self, prefix):
        """The project is built without CMake, by what pkg-config says."""
        self.assertEqual(self.commands.ask_pkg_config(prefix, "--modversion"), [VERSION])
        code, said = self.commands.try_link(prefix)
        self.assertEqual(code, 0, said)
        self.greets(self.commands.folder / "by_hand" / "hello")

    def first_line_of_error(self, said):
        """The text of CMake's first error, its line breaks gone."""
        found = re.search(r"CMake Error at .*?:\n(.*?)(?:\n\n|\nCall Stack)", said, re.DOTALL)
        self.assertIsNotNone(found, said)
        return re.sub(r"\s+", " ", found[1]).strip()
