#!/usr/bin/env python3
"""Installs rhei in each way there is, builds the project in project/ with it outside of this tree, and runs that.

    tests/install/install_test.py --build build/release --plugin PATH static|shared|subproject
"""

import argparse
import contextlib
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

from scratch import PROJECT, SOURCE, VERSION, Commands, PackagingTest

ABI_VERSION = ".".join(VERSION.split(".")[:2])
SETTINGS = None  # the command line


class InScratch(PackagingTest):
    """Gives each class a folder of its own, which goes away with it."""

    @classmethod
    def setUpClass(cls):
        cls.resources = contextlib.ExitStack()
        cls.addClassCleanup(cls.resources.close)
        cls.scratch = pathlib.Path(cls.resources.enter_context(tempfile.TemporaryDirectory(prefix="rhei-install-")))
        cls.commands = Commands(SETTINGS, cls.scratch)
        cls.prepare()

    @classmethod
    def prepare(cls):
        """What all tests of the class need."""


def install(commands, build, *options):
    """Installs a build, then moves what was installed; returns where it is."""
    first, second = commands.folder / "first", commands.folder / "second"
    commands.run("cmake", "--install", build, "--prefix", first, *options)
    first.rename(second)
    return second


class StaticTest(InScratch):
    """The library of the build that this test belongs to, installed."""

    @classmethod
    def prepare(cls):
        cls.prefix = install(cls.commands, SETTINGS.build)

    def test_find_package_gives_library_and_generator(self):
        self.greets(self.commands.project("found", USE="find_package", CMAKE_PREFIX_PATH=self.prefix))

    def test_pkg_config_brings_the_private_dependencies(self):
        self.pkg_config_builds(self.prefix)

    def test_no_installed_text_names_a_folder_of_this_machine(self):
        for path in self.prefix.rglob("*"):
            if path.suffix in (".cmake", ".pc", ".h"):
                for folder in (self.scratch, SETTINGS.build, SOURCE):
                    self.assertNotIn(str(folder), path.read_text(), path)

    def test_all_public_headers_are_installed(self):
        installed = {path.name for path in (self.prefix / "include" / "rhei").glob("*.h")}
        self.assertEqual(installed, {path.name for path in (SOURCE / "include" / "rhei").glob("*.h")})

    # --- a user's mistakes ---------------------------------------------------------------------------------------

    def refusal(self, **variables):
        """The first line of what CMake says to a project that has a mistake in it."""
        variables = {"USE": "find_package", "CMAKE_PREFIX_PATH": self.prefix, **variables}
        code, said = self.commands.try_run(*self.commands.configure(PROJECT, self.scratch / self.id(), **variables))
        self.assertNotEqual(code, 0, said)
        return self.first_line_of_error(said)

    def test_a_wrong_target_is_answered_with_the_right_one(self):
        for mistake, name in (("plain_name", "rhei"), ("wrong_name", "rhei::librhei")):
            self.assertEqual(self.refusal(MISTAKE=mistake),
                             f"Link rhei::rhei: the target hello links {name}, which does not exist")

    def test_generating_into_a_target_that_is_not_there_says_to_make_it(self):
        self.assertIn("rhei_generate(greeter): make the target first", self.refusal(MISTAKE="wrong_target"))

    def test_generating_without_find_package_says_to_call_it(self):
        generate, = self.prefix.rglob("RheiGenerate.cmake")
        said = self.refusal(MISTAKE="no_plugin", USE="", RHEI_GENERATE=generate)
        self.assertIn("rhei_generate(hello): call find_package(rhei REQUIRED)", said)

    def test_an_installation_without_its_plugin_says_to_install_anew(self):
        broken = self.scratch / "broken"
        shutil.copytree(self.prefix, broken)
        (broken / "bin" / "protoc-gen-rhei").unlink()
        self.assertIn("Install rhei anew, with its component `development`", self.refusal(CMAKE_PREFIX_PATH=broken))

    def test_an_old_protoc_is_named_with_what_to_install(self):
        protoc = self.scratch / "old_protoc"
        protoc.write_text("#!/bin/sh\necho libprotoc 3.6.1\n")
        protoc.chmod(0o755)
        said = self.refusal(MISTAKE="old_protoc", Protobuf_PROTOC_EXECUTABLE=protoc)
        self.assertIn("rhei_generate(hello): install protoc 3.21 or newer", said)

    def test_code_compiled_with_another_version_does_not_link_and_says_what_to_do(self):
        other = self.scratch / "other_version"
        shutil.copytree(self.prefix / "include", other)
        header = other / "rhei" / "version.h"
        header.write_text(re.sub(r"(kVersionMinor = )\d+", r"\g<1>99", header.read_text()))
        code, said = self.commands.try_link(self.prefix, f"-I{other}")
        self.assertNotEqual(code, 0)
        self.assertRegex(said, r"undefined reference to .*Version<0, 99>::CompileThisWithTheRheiThatIsLinked\(\)")

    def test_a_compiler_that_is_not_told_of_cpp20_is_answered_so_first(self):
        code, said = self.commands.try_run(SETTINGS.compiler, "-std=c++17", f"-I{self.prefix / 'include'}",
                                           "-fsyntax-only", "-x", "c++", self.prefix / "include" / "rhei" / "rhei.h")
        self.assertNotEqual(code, 0)
        first = next(line for line in said.splitlines() if "error: " in line)
        self.assertIn("Compile with -std=c++20 or newer", first)

    def test_another_version_is_not_taken_for_the_one_asked_for(self):
        said = self.refusal(USE="other_version")
        self.assertIn('compatible with requested version "0.2"', said)


class SharedTest(InScratch):
    """A shared library, installed and as Debian packages."""

    @classmethod
    def prepare(cls):
        commands, cls.build = cls.commands, cls.scratch / "build"
        # With Debian's prefix, by which CMake chooses Debian's folders.
        commands.run(*commands.configure(SOURCE, cls.build, BUILD_SHARED_LIBS="ON", RHEI_BUILD_EXAMPLES="OFF",
                                         RHEI_DEVELOPER_WARNINGS="OFF", CMAKE_INSTALL_PREFIX="/usr"))
        commands.compile(cls.build)
        cls.prefix = install(commands, cls.build)
        cls.library, = (path for path in cls.prefix.rglob("librhei.so.*") if not path.is_symlink())

    def test_find_package_gives_a_program_that_finds_its_library(self):
        program = self.commands.project("found", USE="find_package", CMAKE_PREFIX_PATH=self.prefix)
        self.greets(program)
        self.assertIn(f"librhei.so.{ABI_VERSION}", self.commands.run("ldd", program))

    def test_pkg_config_is_enough(self):
        self.pkg_config_builds(self.prefix)

    def test_it_exports_the_public_api_and_nothing_of_its_inner_rooms(self):
        names = exported_names(self.commands.run("nm", "-DC", "--defined-only", self.library))
        strangers = [name for name in names if not re.match(PUBLIC_NAME, name)]
        self.assertEqual(strangers, [])
        for name in ("rhei::v0::Server::Start()", "rhei::v0::Runtime::Default()", "typeinfo for rhei::v0::Logger"):
            self.assertIn(name, names)

    def test_its_symbols_carry_the_version(self):
        symbols = self.commands.run("nm", "-D", "--defined-only", self.library).splitlines()
        versioned = f"@@RHEI_{ABI_VERSION}"
        self.assertEqual([line for line in symbols if not line.endswith((versioned, f" A RHEI_{ABI_VERSION}"))], [])

    def test_every_public_header_is_exported_by_its_room(self):
        listed = (self.build / "exported_headers.txt").read_text().split()
        public = {path.stem for path in (SOURCE / "include" / "rhei").glob("*.h")}
        # It includes the others.
        self.assertEqual(sorted(listed), sorted(public - {"rhei"}))

    @unittest.skipUnless(shutil.which("dpkg-deb"), "there is no dpkg-deb here, which reads Debian packages")
    def test_debian_packages_have_everything_and_depend_on_the_rest(self):
        folder = self.commands.folder / "packages"
        self.commands.run("cpack", "-G", "DEB", "--config", self.build / "CPackConfig.cmake", "-B", folder)
        runtime, = folder.glob(f"librhei{ABI_VERSION}_{VERSION}-1_*.deb")
        development, = folder.glob(f"librhei-dev_{VERSION}-1_*.deb")
        self.holds(runtime, rf"lib/[\w-]+/librhei\.so\.{VERSION}", rf"lib/[\w-]+/librhei\.so\.{ABI_VERSION}",
                   rf"share/doc/librhei{ABI_VERSION}/copyright")
        self.holds(development, r"bin/protoc-gen-rhei", r"lib/[\w-]+/librhei\.so", r"include/rhei/rhei\.h",
                   r"lib/[\w-]+/cmake/rhei/rhei-config\.cmake", r"lib/[\w-]+/pkgconfig/rhei\.pc",
                   r"share/doc/librhei-dev/copyright")
        self.depends(runtime, "libc6", "libstdc++6", "ares", "libprotobuf")
        self.depends(development, f"librhei{ABI_VERSION} (= {VERSION}-1)", "libprotobuf-dev", "protobuf-compiler",
                     "libprotoc")

        root = self.scratch / "root"
        for package in (runtime, development):
            self.commands.run("dpkg-deb", "--extract", package, root)
        self.greets(self.commands.project("packaged", USE="find_package", CMAKE_PREFIX_PATH=root / "usr"))

    def holds(self, package, *patterns):
        listing = self.commands.run("dpkg-deb", "--contents", package)
        for pattern in patterns:
            self.assertRegex(listing, rf"(?m) \./usr/{pattern}( -> .*)?$")

    def depends(self, package, *names):
        fields = self.commands.run("dpkg-deb", "--field", package, "Depends")
        for name in names:
            self.assertIn(name, fields)


# What an exported symbol begins with; the inner rooms are namespaces of rhei::v0.
PUBLIC_NAME = (r"(typeinfo (name )?for |vtable for |(non-)?virtual thunk to )?"
               r"(rhei::rpc::|rhei::v0::(?!(http2|runtime|wire|transport|rpc|client|compiler)::))|descriptor_table_rhei_")


def exported_names(listing):
    """The names in what nm prints, without their version."""
    names = [line.split(maxsplit=2)[-1] for line in listing.splitlines() if " A " not in line]
    return [re.sub(r"@@.*", "", name) for name in names]


class SubprojectTest(InScratch):
    """rhei as a part of the user's project: one folder, configured four times, so that the library is compiled once."""

    def build(self, **variables):
        program = self.commands.project(
            "whole", CMAKE_POSITION_INDEPENDENT_CODE="ON", RHEI_PROTOC_GEN_RHEI=SETTINGS.plugin, **variables)
        self.greets(program)
        return self.commands.run("ldd", program)

    def test_add_subdirectory_and_fetch_content_build_static_and_shared_libraries(self):
        for shared in ("OFF", "ON"):
            for variables in ({"USE": "add_subdirectory", "RHEI_SOURCE_DIR": SOURCE},
                              {"USE": "fetch_content", "FETCHCONTENT_SOURCE_DIR_RHEI": SOURCE}):
                with self.subTest(shared=shared, use=variables["USE"]):
                    linked = self.build(BUILD_SHARED_LIBS=shared, **variables)
                    self.assertEqual("librhei.so" in linked, shared == "ON", linked)
                    self.assertFalse((self.scratch / "whole" / "_deps" / "rhei-build" / "tests").exists())


def main():
    global SETTINGS
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="a static release build of rhei")
    parser.add_argument("--plugin", type=pathlib.Path, required=True, help="protoc-gen-rhei")
    parser.add_argument("--generator", default="Ninja", help="one of CMake's (default Ninja)")
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--launcher", default="", help="what stands before the compiler, such as ccache")
    parser.add_argument("name", choices=("static", "shared", "subproject"))
    SETTINGS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], f"{SETTINGS.name.capitalize()}Test", *rest], verbosity=2)


if __name__ == "__main__":
    main()
