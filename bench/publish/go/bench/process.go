// Package bench has what the Go programs of the benchmarks share; bench/support is the same for those in C++.
package bench

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

const pinned = "RHEI_BENCH_PINNED"

// PinToCPU keeps the whole program on one core; -1 does nothing. Go's threads have begun before main does, so it starts
// the program anew from a thread that is on that core, and everything inherits that, GOMAXPROCS too.
func PinToCPU(cpu int) {
	if cpu < 0 || os.Getenv(pinned) != "" {
		return
	}
	runtime.LockOSThread()
	var set [16]uint64
	set[cpu/64] = 1 << (cpu % 64)
	_, _, failed := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(set),
		uintptr(unsafe.Pointer(&set)))
	if failed != 0 {
		Die("pin to a core", failed)
	}
	executable, err := os.Executable()
	if err != nil {
		Die("find this program", err)
	}
	Die("start anew", syscall.Exec(executable, os.Args, append(os.Environ(), pinned+"=1")))
}

// CPUSecondsOf is the CPU time of a process so far, user and system, all its threads; of this one for 0.
func CPUSecondsOf(pid int) (float64, bool) {
	const scheduled = 2 // the kernel's CPUCLOCK_SCHED: to the nanosecond
	clock := ^pid<<3 | scheduled
	var time syscall.Timespec
	_, _, failed := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&time)), 0)
	return float64(time.Nano()) / 1e9, failed == 0
}

// Die tells what failed and why, and ends the program.
func Die(what string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
	os.Exit(1)
}
