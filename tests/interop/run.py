#!/usr/bin/env python3
"""Runs rhei against the other languages, both ways, and prints what came of it. README.md tells the cases.

The last line is the summary. The exit code is 0 only if every case of every row passed.
"""

import argparse
import pathlib
import sys
import time

import languages
import matrix
import official
import session

HERE = pathlib.Path(__file__).resolve().parent
CALLS_AT_ONCE = 1000
CALLS_AT_ONCE_QUICKLY = 100


def log(text):
    print(f"interop: {text}", flush=True)


def rows_of(name, arguments):
    """Builds one language's programs and runs them against rhei's; gives both rows."""
    language = languages.LANGUAGES[name]
    rows = [matrix.Row(client, server, absent=matrix.absent_cases(server))
            for client, server in (("rhei", language.title), (language.title, "rhei"))]
    folder = arguments.work.resolve() / name
    start = time.monotonic()
    try:
        languages.build(name, HERE, folder)
    except languages.BuildError as error:
        for row in rows:
            row.troubles.append(f"{language.title} does not build; {error}")
        return rows
    log(f"{language.title} is built ({time.monotonic() - start:.0f} s)")

    rhei = arguments.rhei.resolve()
    clients = {"rhei": ([rhei / "interop_rhei_client"], rhei), language.title: (language.client, folder)}
    servers = {"rhei": ([rhei / "interop_rhei_server"], rhei), language.title: (language.server, folder)}
    calls = CALLS_AT_ONCE_QUICKLY if arguments.quick else CALLS_AT_ONCE
    for row in rows:
        start = time.monotonic()
        log_path = arguments.work / "logs" / f"{row.client}-{row.server}.log"
        session.run_row(clients[row.client], servers[row.server], [str(calls), *row.wanted()], log_path, row)
        verdict = "passed" if row.passed() else "FAILED"
        log(f"{row.client} client, {row.server} server: {verdict} ({time.monotonic() - start:.0f} s)")
    return rows


def official_rows_of(name, arguments):
    start = time.monotonic()
    rows = official.rows_of(name, HERE, arguments.work, arguments.official)
    verdict = "passed" if all(row.passed() for row in rows) else "FAILED"
    log(f"official cases with {official.OTHERS[name].title}: {verdict} ({time.monotonic() - start:.0f} s)")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE",
                        help=f"any of {', '.join(languages.LANGUAGES)}; without one: all")
    parser.add_argument("--quick", action="store_true",
                        help=f"{CALLS_AT_ONCE_QUICKLY} calls at once instead of {CALLS_AT_ONCE}")
    parser.add_argument("--rhei", type=pathlib.Path, default=pathlib.Path("build/release/tests/interop"),
                        help="the folder of rhei's two programs")
    parser.add_argument("--official", type=pathlib.Path, default=pathlib.Path("build/release/tools/interop"),
                        help="the folder of rhei's interop_client and interop_server")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("build/interop"),
                        help="where the other languages are built, and the logs go")
    arguments = parser.parse_args()
    for name in set(arguments.languages) - set(languages.LANGUAGES):
        parser.error(f"name languages among {', '.join(languages.LANGUAGES)}, not '{name}'")

    names = arguments.languages or languages.LANGUAGES
    rows = [row for name in names for row in rows_of(name, arguments)]
    official_rows = [row for name in names if name in official.OTHERS for row in official_rows_of(name, arguments)]
    print("\n" + matrix.report(("rhei's own cases", rows), ("official cases", official_rows)))
    return 0 if all(row.passed() for row in rows + official_rows) else 1


if __name__ == "__main__":
    sys.exit(main())
